"use client";
import { Instant, Took } from "@/components/live/time";
import { StatusBadge } from "@/components/runs/status";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { JsonView } from "@/components/ui/json-view";
import { Link } from "@/components/ui/link";
import { Facts } from "@/components/ui/page";
import { toneText } from "@/components/ui/tone";
import type { RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import type { TraceRow } from "@/lib/trace/trace-rows";
import { leastUsual } from "@/lib/trace/usual";
import { formatTook } from "@/lib/view/format";
import { lookOfRow } from "./row-look";
import type { Usual } from "./use-usual";
import { OthersText } from "@/components/ui/others-text";

const iso = (ms: number): string => new Date(ms).toISOString();

function usualFact(row: TraceRow, { runs, of }: Usual): (readonly [string, string])[] {
  const usualMs = of(row);
  if (runs === undefined || row.kind !== "span") return [];
  if (usualMs !== null) return [["Usually", `${formatTook(usualMs)}, median of the last ${runs} runs`]];
  return runs < leastUsual ? [["Usually", `too few runs completed to say (${runs} of ${leastUsual})`]] : [];
}

/** The selected line of the waterfall. */
export function SpanTab({ row, run, usual }: { row: TraceRow; run: RunRow; usual: Usual }) {
  const { Icon, name, tone } = lookOfRow(row, run);
  const attributes = row.kind === "span" ? row.span.attributes : undefined;
  const token = attributes && typeof attributes.tokenId === "string" ? attributes.tokenId : undefined;
  const error = attributes && typeof attributes.error === "string" ? attributes.error : undefined;
  const child = row.kind === "run" ? row.run : row.kind === "span" ? row.run : undefined;
  const isOpen = row.endMs === null && !isFinal(run.status);
  return (
    <div className="flex flex-col gap-4">
      <h3 className="flex items-center gap-2 text-lg font-semibold">
        <Icon aria-hidden className={cn("size-4 shrink-0", toneText[tone])} />
        <OthersText text={name} className="min-w-0 break-words" />
      </h3>
      {error ? (
        <p className="rounded bg-bad-soft px-2 py-1 break-words text-bad">
          <OthersText text={error} />
        </p>
      ) : null}
      {token !== undefined && isOpen ? (
        <div className="flex flex-wrap items-center gap-2 rounded bg-asks-soft px-3 py-2 text-asks">
          <span className="flex-1">A person has to answer this.</span>
          <Button look="asks" size="sm" asChild>
            <Link prefetch={false} href={`/tokens?token=${encodeURIComponent(token)}`}>
              Answer
            </Link>
          </Button>
        </div>
      ) : null}
      {child ? (
        <Link
          href={`/runs/${child.id}`}
          prefetch={false}
          className="flex items-center gap-2 rounded border border-line px-3 py-2 hover:bg-hover"
        >
          <StatusBadge run={child} />
          <OthersText text={child.task} className="min-w-0 flex-1 truncate font-medium" />
          <span className="font-mono text-sm text-faint">{child.id}</span>
        </Link>
      ) : null}
      <Facts
        facts={[
          ["Started", <Instant key="started" at={iso(row.startMs)} />],
          ["Ended", row.endMs === null ? isOpen ? "still open" : "with the run" : <Instant key="ended" at={iso(row.endMs)} />],
          [
            "Took",
            <Took
              key="took"
              from={iso(row.startMs)}
              to={row.endMs === null ? (isOpen ? undefined : run.finishedAt) : iso(row.endMs)}
              className="font-mono"
            />,
          ],
          ...usualFact(row, usual),
          ...(row.kind === "span" ? ([["Attempt", row.span.attempt]] as const) : []),
          ...(row.kind === "span"
            ? ([
                [
                  "Span",
                  <span key="span" className="font-mono">
                    {row.span.id}
                  </span>,
                ],
              ] as const)
            : []),
        ]}
      />
      {attributes && Object.keys(attributes).length > 0 ? (
        <section>
          <h4 className="mb-1 text-sm text-faint">Attributes</h4>
          <JsonView text={JSON.stringify(attributes)} type="application/json" />
        </section>
      ) : null}
    </div>
  );
}
