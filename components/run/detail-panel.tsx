"use client";
import { lazy, Suspense, useDeferredValue, useMemo } from "react";
import { useShortcut } from "@/components/frame/shortcuts";
import { part } from "@/components/ui/parts";
import { JsonView } from "@/components/ui/json-view";
import { lazily } from "@/components/ui/lazily";
import { Tabs } from "@/components/ui/tabs";
import { isFinal } from "@/lib/contracts/run-status";
import type { TraceRow } from "@/lib/trace/trace-rows";
import type { Usual } from "./use-usual";
import { countRelations, type RunData, type TraceData } from "./use-run";
import { tabs, type RunTab } from "./use-run-url";

/** Each tab loads when it is opened first. The server renders the one that is open. */
const SpanTab = lazy(part(async () => ({ default: (await import("./span-tab")).SpanTab })).get);
const ErrorTab = lazy(part(async () => ({ default: (await import("./error-tab")).ErrorTab })).get);
const MetadataTab = lazy(part(async () => ({ default: (await import("./metadata-tab")).MetadataTab })).get);
const LogsTab = lazy(part(async () => ({ default: (await import("./logs-tab")).LogsTab })).get);
const TimelineTab = lazy(part(async () => ({ default: (await import("./timeline-tab")).TimelineTab })).get);
const StreamsTab = lazy(part(async () => ({ default: (await import("./streams-tab")).StreamsTab })).get);
const RelationsTab = lazy(part(async () => ({ default: (await import("./relations-tab")).RelationsTab })).get);

const CompareTab = lazy(part(async () => ({ default: (await import("./compare-tab")).CompareTab })).get);
const RunKeySection = lazily(async () => (await import("./run-key-section")).RunKeySection);

export interface DetailPanelProps {
  data: RunData;
  trace: TraceData;
  row: TraceRow | undefined;
  usual: Usual;
  tab: RunTab;
  onTab: (tab: RunTab) => void;
  stream: string | null;
  onStream: (key: string) => void;
  onSpan: (key: string | null) => void;
}

const titles: Record<RunTab, string> = {
  span: "Span",
  payload: "Payload",
  output: "Output",
  error: "Error",
  metadata: "Metadata",
  logs: "Logs",
  timeline: "Timeline",
  streams: "Streams",
  relations: "Relations",
  compare: "Compare",
};

export function DetailPanel({ data, trace, row, usual, tab, onTab, stream, onStream, onSpan }: DetailPanelProps) {
  const { detail, events } = data;
  const { tree, version } = trace;
  const logs = useMemo(() => version && tree.logs().length, [tree, version]);
  const counts: Partial<Record<RunTab, number>> = {
    logs,
    streams: detail.streams.length,
    relations: countRelations(data),
    timeline: events.length,
  };
  const shown = tabs.filter((name) =>
    name === "span"
      ? row !== undefined && row.kind !== "self"
      : name === "error"
        ? detail.fullError !== undefined || detail.error !== undefined
        : true,
  );
  const open = shown.includes(tab) ? tab : "payload";
  // What is open stays until the code of the next one is there.
  const ready = useDeferredValue(open);
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      {tabs.map((name, index) => (
        <TabKey key={name} name={name} digit={String(index)} onTab={onTab} />
      ))}
      <Tabs
        label="Run"
        value={open}
        onChange={onTab}
        tabs={shown.map((name) => ({ value: name, label: titles[name], count: counts[name], hint: String(tabs.indexOf(name)) }))}
      >
        <Suspense fallback={null}>
          <Content tab={ready} data={data} trace={trace} row={row} usual={usual} stream={stream} onStream={onStream} onSpan={onSpan} />
        </Suspense>
      </Tabs>
    </div>
  );
}

function TabKey({ name, digit, onTab }: { name: RunTab; digit: string; onTab: (tab: RunTab) => void }) {
  useShortcut(digit, { label: titles[name], group: "Run", run: () => onTab(name) });
  return null;
}

const pad = "min-h-0 flex-1 overflow-y-auto p-4";

function Content({ tab, data, trace, row, usual, stream, onStream, onSpan }: Omit<DetailPanelProps, "onTab">) {
  const { detail, events } = data;
  switch (tab) {
    case "span":
      return <div className={pad}>{row ? <SpanTab row={row} run={detail} usual={usual} /> : null}</div>;
    case "payload":
      return (
        <div className={pad}>
          <JsonView text={detail.payload} type={detail.payloadType} empty="The run was triggered without a payload." />
          {detail.idempotencyKey === undefined ? null : <RunKeySection run={detail} />}
        </div>
      );
    case "output":
      return (
        <div className={pad}>
          <JsonView
            text={detail.output}
            type={detail.outputType}
            empty={
              detail.status === "COMPLETED"
                ? "The run returned nothing."
                : isFinal(detail.status)
                  ? "The run ended without an output."
                  : "The output shows up here when the run completes."
            }
          />
        </div>
      );
    case "error":
      return (
        <div className={pad}>
          <ErrorTab run={detail} events={events} />
        </div>
      );
    case "metadata":
      return (
        <div className={pad}>
          <MetadataTab text={detail.metadata} events={events} />
        </div>
      );
    case "logs":
      return <LogsTab trace={trace} row={row} run={detail} onSpan={onSpan} />;
    case "timeline":
      return (
        <div className={pad}>
          <TimelineTab events={events} />
        </div>
      );
    case "streams":
      return <StreamsTab run={detail} chosen={stream} onChoose={onStream} />;
    case "relations":
      return (
        <div className={pad}>
          <RelationsTab data={data} />
        </div>
      );
    case "compare":
      return (
        <div className={pad}>
          <CompareTab run={detail} trace={trace} />
        </div>
      );
  }
}
