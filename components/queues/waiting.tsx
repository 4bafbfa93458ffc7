"use client";
import { formatDuration } from "@/lib/view/format";
import { useNow } from "../live/live-provider";

/** How long something has waited; ticks each second, and stands still while the page is not live. */
export function Waiting({ since }: { since: string }) {
  const now = useNow(1_000);
  return <time dateTime={since}>{formatDuration(Math.floor(Math.max(0, now - Date.parse(since)) / 1000) * 1000)}</time>;
}
