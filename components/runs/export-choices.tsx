"use client";
import { useContext } from "react";
import { LinkBase } from "@/components/ui/link";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunColumn } from "@/lib/runs/run-columns";
import { filterParams } from "@/lib/runs/run-filter";

interface Kind {
  name: string;
  kind: "csv" | "json";
  what: string;
  columns?: readonly RunColumn[];
}

/** All that matches, written by the server while it is read. */
export function ExportChoices({ filter, columns }: { filter: RunFilter; columns: readonly RunColumn[] }) {
  const base = useContext(LinkBase);
  const kinds: readonly Kind[] = [
    { name: "CSV, all fields", kind: "csv", what: "for spreadsheets; no field is a formula" },
    { name: "CSV, these columns", kind: "csv", what: "those of the list, in its order", columns },
    { name: "JSON", kind: "json", what: "a list of the runs as the API has them" },
  ];
  return (
    <>
      <p className="px-2 py-1 text-sm text-muted">All runs that match, loaded here or not.</p>
      {kinds.map(({ name, kind, what, columns: chosen = [] }) => (
        <a
          key={name}
          href={`${base}/api/dashboard/export/runs.${kind}?${new URLSearchParams([...filterParams(filter), ...chosen.map((column) => ["column", column])])}`}
          download
          className="block rounded px-2 py-1 hover:bg-hover"
        >
          <span className="block font-medium">{name}</span>
          <span className="block text-sm text-faint">{what}</span>
        </a>
      ))}
    </>
  );
}
