"use client";
import { useSyncExternalStore } from "react";
import { formatClock, formatInstant, formatRelative, formatTicking, formatTook } from "@/lib/view/format";
import { CopyValue } from "@/components/ui/copy";
import { Tooltip } from "@/components/ui/tooltip";
import { useClock, useNow } from "./live-provider";
import { zone } from "./zone";

const onServer = () => "utc" as const;
/** The server renders UTC; the browser's own zone, or what was chosen on the Settings page, takes over once it runs. */
export const useZone = (): "utc" | "local" => useSyncExternalStore(zone.subscribe, zone.getSnapshot, onServer);

/** The same for `Intl`; undefined: the browser's own. */
export const useZoneName = (): string | undefined => (useZone() === "utc" ? "UTC" : undefined);

const ageStep = (ms: number): number => (ms < 60_000 ? 1_000 : ms < 3_600_000 ? 15_000 : 60_000);

export function BothTimes({ at }: { at: number }) {
  return (
    <span className="grid grid-cols-[auto_1fr] gap-x-3 font-mono text-sm">
      <span className="text-faint">local</span>
      <span>{formatInstant(at, "local")}</span>
      <span className="text-faint">UTC</span>
      <span>{formatInstant(at, "utc")}</span>
    </span>
  );
}

/** `12 s ago`, with local and UTC on hover. */
export function Ago({ at, className }: { at: string; className?: string }) {
  const ms = Date.parse(at);
  const now = useNow(ageStep(Math.abs(useClock().now() - ms)));
  const shown = useZone();
  return (
    <Tooltip text={<BothTimes at={ms} />}>
      <time dateTime={at} className={className}>
        {formatRelative(ms, now, shown)}
      </time>
    </Tooltip>
  );
}

/** `14:02:11.204` in a long list: the same time with its date and in UTC on hover, without a hint of its own for each line. */
export function Clock({ atMs, className }: { atMs: number; className?: string }) {
  const shown = useZone();
  return (
    <span
      title={`${formatInstant(atMs, shown)} ${shown === "utc" ? "" : "local, "}${shown === "utc" ? "" : formatInstant(atMs, "utc")} UTC`}
      className={className}
    >
      {formatClock(atMs, shown)}
    </span>
  );
}

/** `14:02:11.204`, copied as ISO on click. */
export function Instant({ at, className }: { at: string; className?: string }) {
  const ms = Date.parse(at);
  const shown = useZone();
  return (
    <Tooltip text={<BothTimes at={ms} />}>
      <span className={className}>
        <CopyValue text={at}>{formatClock(ms, shown, useNow(null))}</CopyValue>
      </span>
    </Tooltip>
  );
}

/** From `from` to `to`; ticks while there is no end. */
export function Took({ from, to, className }: { from: string; to: string | undefined; className?: string }) {
  const start = Date.parse(from);
  const now = useNow(to === undefined ? 100 : null);
  return <span className={className}>{to === undefined ? formatTicking(now - start) : formatTook(Date.parse(to) - start)}</span>;
}

/** What is left until `at`; ticks. */
export function Until({ at, className }: { at: string; className?: string }) {
  const now = useNow(1_000);
  return <span className={className}>{formatTicking(Math.max(0, Date.parse(at) - now))}</span>;
}
