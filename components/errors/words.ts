import type { Tone } from "@/components/ui/tone";
import type { ErrorRow, ErrorStatus } from "@/lib/contracts/error-group";
import { formatCount, formatDuration, formatInstant, plural } from "@/lib/view/format";

export const errorLook: Record<ErrorStatus, { word: string; tone: Tone }> = {
  open: { word: "Open", tone: "bad" },
  regressed: { word: "Regressed", tone: "bad" },
  resolved: { word: "Resolved", tone: "good" },
  ignored: { word: "Ignored", tone: "idle" },
};

const hourMs = 3_600_000;

/** `34 times in 6 m 02 s`; once it is older, `1,204 times since 2026-11-12`. */
export function howOften({ count, firstSeen, lastSeen }: Pick<ErrorRow, "count" | "firstSeen" | "lastSeen">): string {
  if (count === 1) return "once";
  const span = Date.parse(lastSeen) - Date.parse(firstSeen);
  const times = plural(count, "time");
  return span < 24 * hourMs
    ? `${times} in ${formatDuration(Math.max(span, 1000))}`
    : `${times} since ${formatInstant(Date.parse(firstSeen), "utc").slice(0, 10)}`;
}

/** What opens an ignored one again. */
export function ignoredWords({ ignoredUntil, ignoredCount, ignoredRate, ignoredReason, count }: ErrorRow): string {
  const conditions = [
    ...(ignoredUntil === undefined ? [] : [`until ${formatInstant(Date.parse(ignoredUntil), "utc").slice(0, 16)} UTC`]),
    ...(ignoredCount === undefined ? [] : [`until it is seen ${formatCount(Math.max(0, ignoredCount - count))} more times`]),
    ...(ignoredRate === undefined ? [] : [`until it is seen more than ${formatCount(ignoredRate)} times in a minute`]),
  ];
  return `Ignored ${conditions.length === 0 ? "for good" : conditions.join(", or ")}${ignoredReason === undefined ? "" : `: ${ignoredReason}`}`;
}
