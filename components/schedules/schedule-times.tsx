"use client";
import { formatInstant } from "@/lib/view/format";
import { Ago, useZone } from "../live/time";

/** `2026-11-30 02:00:00`, and how long until then. */
export function When({ at }: { at: string }) {
  const zone = useZone();
  return (
    <span className="flex flex-col">
      <span className="font-mono whitespace-nowrap">{formatInstant(Date.parse(at), zone).slice(0, 19)}</span>
      <Ago at={at} className="text-sm text-faint" />
    </span>
  );
}
