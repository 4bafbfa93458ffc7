"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { getJson, messageOf } from "@/components/live/api";
import { Ago } from "@/components/live/time";
import { StatusBadge } from "@/components/runs/status";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/state";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { LastSuccess } from "@/lib/contracts/run-compared";
import type { RunDetail } from "@/lib/contracts/run";
import { createTraceTree } from "@/lib/trace/trace-tree";
import { compareSpans } from "@/lib/trace/compare-spans";
import { jsonChanges } from "@/lib/values/json-changes";
import { readPacketTree } from "@/lib/values/json-tree";
import { formatDuration, formatTook, plural } from "@/lib/view/format";
import { readTrace, runPath, type TraceData } from "./use-run";

const mostChanges = 100;
const mostSpans = 40;

/** This run beside the last one of its task that completed before it. */
export function CompareTab({ run, trace }: { run: RunDetail; trace: TraceData }) {
  const query = useQuery({
    queryKey: ["last-success", run.id],
    queryFn: ({ signal }) => getJson<LastSuccess>(`${runPath(run.id)}/last-success`, signal),
    staleTime: Infinity,
  });
  if (query.data === undefined)
    return query.error === null ? (
      <SkeletonRows rows={8} />
    ) : (
      <ErrorState title="The last success could not be read" detail={messageOf(query.error)} onRetry={() => void query.refetch()} />
    );
  const { run: other } = query.data;
  if (other === null)
    return (
      <p className="text-muted">None of the 10,000 runs of this task before this one has completed: there is nothing to compare it with.</p>
    );
  return (
    <div className="flex flex-col gap-5">
      <Facts run={run} other={other} />
      <Packets title="Payload" run={packet(run.payload, run.payloadType)} other={packet(other.payload, other.payloadType)} />
      <Packets title="Output" run={packet(run.output, run.outputType)} other={packet(other.output, other.outputType)} />
      <Packets title="Metadata" run={packet(run.metadata, "application/json")} other={packet(other.metadata, "application/json")} />
      <Spans trace={trace} other={other} />
    </div>
  );
}

const tookOf = ({ startedAt, finishedAt }: RunDetail): string =>
  startedAt === undefined
    ? "not started"
    : finishedAt === undefined
      ? "still going"
      : formatTook(Date.parse(finishedAt) - Date.parse(startedAt));
const queuedOf = ({ queuedAt, createdAt, startedAt }: RunDetail): string =>
  startedAt === undefined ? "–" : formatTook(Math.max(0, Date.parse(startedAt) - Date.parse(queuedAt ?? createdAt)));

function Facts({ run, other }: { run: RunDetail; other: RunDetail }) {
  const rows: readonly (readonly [name: string, of: (run: RunDetail) => string])[] = [
    ["Version", ({ deployment = "–" }) => deployment],
    ["Machine", ({ machine = "as the task has it" }) => machine],
    ["Attempts", ({ attempt }) => String(attempt)],
    ["Queued", queuedOf],
    ["Took", tookOf],
    ["Compute", ({ usageMs, finishedAt }) => (finishedAt === undefined ? "still going" : formatDuration(usageMs))],
  ];
  return (
    <Table>
      <thead>
        <tr>
          <Th>
            <span className="sr-only">What</span>
          </Th>
          <Th>This run</Th>
          <Th>Last success</Th>
        </tr>
      </thead>
      <tbody>
        <Tr>
          <Td className="text-faint">Run</Td>
          <Td>
            <StatusBadge run={run} />
          </Td>
          <Td className="whitespace-nowrap">
            <Link href={`/runs/${other.id}`} prefetch={false} className="text-accent hover:underline">
              <Ago at={other.createdAt} />
            </Link>
          </Td>
        </Tr>
        {rows.map(([name, of]) => {
          const [mine, theirs] = [of(run), of(other)];
          return (
            <Tr key={name}>
              <Td className="text-faint">{name}</Td>
              <Td className={cn("font-mono", mine !== theirs && "text-needs")}>{mine}</Td>
              <Td className="font-mono text-muted">{theirs}</Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}

const packet = (data: string | null, dataType: string) => ({ data, dataType });
type Shown = ReturnType<typeof packet>;

const Section = ({ title, note, children }: { title: string; note: string; children?: ReactNode }) => (
  <section aria-label={title}>
    <h3 className="mb-1 font-medium">
      {title} <span className="font-normal text-faint">{note}</span>
    </h3>
    {children}
  </section>
);

/** Where two packets differ, path by path. */
function Packets({ title, run, other }: { title: string; run: Shown; other: Shown }) {
  const compared = useMemo(() => {
    if (run.data === null || other.data === null || run.dataType === "application/store" || other.dataType === "application/store")
      return null;
    const [mine, theirs] = [readPacketTree(run.data, run.dataType), readPacketTree(other.data, other.dataType)];
    return mine === null || theirs === null ? null : jsonChanges(theirs, mine, mostChanges);
  }, [run.data, run.dataType, other.data, other.dataType]);
  if (run.data === other.data) return <Section title={title} note={run.data === null ? "neither has any" : "the same"} />;
  if (compared === null)
    return (
      <Section
        title={title}
        note={
          run.data === null
            ? "only the last success has one"
            : other.data === null
              ? "only this run has one"
              : "different, and no JSON that could be compared"
        }
      />
    );
  const { changes, more } = compared;
  if (changes.length === 0) return <Section title={title} note="the same values" />;
  return (
    <Section title={title} note={`${plural(changes.length, "difference")}${more ? " and more" : ""}`}>
      <Table>
        <thead>
          <tr>
            <Th>Path</Th>
            <Th>This run</Th>
            <Th>Last success</Th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ path, before, after }) => (
            <Tr key={path}>
              <Td className="max-w-40 truncate font-mono text-sm">
                <OthersText text={path === "" ? "(whole)" : path} whole="on hover" />
              </Td>
              <Td className="max-w-52 truncate font-mono text-sm">
                {after === null ? <span className="text-faint">missing</span> : <OthersText text={after} whole="on hover" />}
              </Td>
              <Td className="max-w-52 truncate font-mono text-sm text-muted">
                {before === null ? <span className="text-faint">missing</span> : <OthersText text={before} whole="on hover" />}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Section>
  );
}

/** The same spans of both, those first whose durations differ most. */
function Spans({ trace, other }: { trace: TraceData; other: RunDetail }) {
  const query = useQuery({
    queryKey: ["compared-trace", other.id],
    queryFn: ({ signal }) => readTrace(other.id, signal),
    staleTime: Infinity,
  });
  const { tree, version } = trace;
  const spans = useMemo(() => {
    if (query.data === undefined) return null;
    const theirs = createTraceTree();
    theirs.apply(query.data);
    // The tree grows in place; `version` says when.
    return version && compareSpans(tree, theirs);
  }, [query.data, tree, version]);
  if (query.error)
    return (
      <ErrorState
        title="The trace of the last success could not be read"
        detail={messageOf(query.error)}
        onRetry={() => void query.refetch()}
      />
    );
  if (spans === null) return <SkeletonRows rows={4} />;
  if (spans.length === 0) return <Section title="Trace" note="neither has spans" />;
  const took = (side: { count: number; ms: number } | null): ReactNode =>
    side === null ? <span className="text-faint">missing</span> : `${formatTook(side.ms)}${side.count > 1 ? ` in ${side.count}` : ""}`;
  return (
    <Section
      title="Trace"
      note={spans.length > mostSpans ? `the ${mostSpans} spans that differ most, of ${spans.length}` : "largest difference first"}
    >
      <Table>
        <thead>
          <tr>
            <Th>Span</Th>
            <Th className="text-right">This run</Th>
            <Th className="text-right">Last success</Th>
          </tr>
        </thead>
        <tbody>
          {spans.slice(0, mostSpans).map(({ key, name, here, there }) => (
            <Tr key={key}>
              <Td className="w-full max-w-0 truncate">
                <OthersText text={name} whole="on hover" />
              </Td>
              <Td className="text-right font-mono whitespace-nowrap">{took(here)}</Td>
              <Td className="text-right font-mono whitespace-nowrap text-muted">{took(there)}</Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Section>
  );
}
