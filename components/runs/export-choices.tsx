"use client";
import { useContext } from "react";
import { LinkBase } from "@/components/ui/link";
import type { RunFilter } from "@/lib/contracts/realtime";
import { filterParams } from "@/lib/runs/run-filter";

const kinds = [
  { kind: "csv", text: "CSV", what: "for spreadsheets; no field is a formula" },
  { kind: "json", text: "JSON", what: "a list of the runs as the API has them" },
] as const;

/** All that matches, written by the server while it is read. */
export function ExportChoices({ filter }: { filter: RunFilter }) {
  const base = useContext(LinkBase);
  return (
    <>
      <p className="px-2 py-1 text-sm text-muted">All runs that match, loaded here or not.</p>
      {kinds.map(({ kind, text, what }) => (
        <a key={kind} href={`${base}/api/dashboard/export/runs.${kind}?${filterParams(filter)}`} download className="block rounded px-2 py-1 hover:bg-hover">
          <span className="block font-medium">{text}</span>
          <span className="block text-sm text-faint">{what}</span>
        </a>
      ))}
    </>
  );
}
