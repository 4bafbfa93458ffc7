"use client";
import { ScrollText } from "lucide-react";
import { useMemo } from "react";
import { useGo } from "@/components/frame/leaving";
import { useShortcut } from "@/components/frame/shortcuts";
import { Button } from "@/components/ui/button";
import { lazily } from "@/components/ui/lazily";
import { ErrorState } from "@/components/ui/state";
import type { RunPage as Page, TracePage } from "@/lib/contracts/dashboard";
import type { RunDetail } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { selfKey, type TraceRow } from "@/lib/trace/trace-rows";
import { DetailPanel } from "./detail-panel";
import { RunHeader } from "./run-header";
import { useRun, useTrace } from "./use-run";
import { useRunUrl, type RunTab } from "./use-run-url";
import { useUsual } from "./use-usual";
import { useWaterfall } from "./use-waterfall";
import { WaterfallView } from "./waterfall-view";

const LogDock = lazily(
  async () => (await import("./log-dock")).LogDock,
  () => <div className="h-56 shrink-0 border-t border-line max-lg:h-40" />,
);

/** What an operator looks for first in a run of this kind; chosen when the page opens, not while it is read. */
function firstTab(run: RunDetail): RunTab {
  if (run.error && isFinal(run.status)) return "error";
  if (run.status === "COMPLETED") return "output";
  if (run.streams.length > 0) return "streams";
  return run.status === "EXECUTING" ? "logs" : "payload";
}

export function RunPage({ id, page, trace: first }: { id: string; page: Page; trace: TracePage }) {
  const data = useRun(id, page);
  const trace = useTrace(page.detail, first);
  const waterfall = useWaterfall({ data, trace });
  const usual = useUsual(id, trace.tree);
  const [url, setUrl] = useRunUrl();
  const go = useGo();
  const opening = useMemo(() => firstTab(page.detail), [page.detail]);
  const row = useMemo(() => waterfall.rows.find((candidate) => candidate.key === url.span), [waterfall.rows, url.span]);
  const { parentId, rootId } = data.detail;
  useShortcut("p", { label: "Parent run", group: "Run", run: () => parentId && go(`/runs/${parentId}`) });
  const dock = url.dock === "logs";
  const flipDock = (): void => setUrl({ dock: dock ? null : "logs" });
  useShortcut("l", { label: "Logs of this run and those below it", group: "Run", run: flipDock });
  useShortcut("t", { label: "Root run", group: "Run", run: () => rootId && rootId !== id && go(`/runs/${rootId}`) });

  const select = (next: TraceRow): void =>
    setUrl(
      next.key === selfKey
        ? { span: null, tab: url.tab === "span" ? null : url.tab }
        : { span: next.key, tab: url.tab === "logs" ? "logs" : "span" },
    );

  return (
    <div className="flex min-h-0 flex-1 flex-col" data-run-page={id} data-status={data.detail.status}>
      <RunHeader run={data.detail} events={data.events} />
      {data.failure ? (
        <ErrorState className="m-2" title="This run cannot be followed live" detail={data.failure.error} onRetry={data.retry} />
      ) : null}
      {data.error ? (
        <ErrorState className="m-2" title="The run could not be read" detail={data.error.message} onRetry={data.retry} />
      ) : null}
      <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
        <section
          aria-label="Trace"
          className="flex h-[38%] min-h-0 shrink-0 flex-col border-b border-line lg:h-auto lg:w-[56%] lg:border-r lg:border-b-0"
        >
          <WaterfallView run={data.detail} waterfall={waterfall} usual={usual} selected={row?.key ?? selfKey} onSelect={select} />
          {dock ? (
            <LogDock run={data.detail} onSpan={(span) => setUrl({ span })} onClose={flipDock} />
          ) : (
            <div className="flex h-7 shrink-0 items-center border-t border-line px-3">
              <Button size="sm" look="ghost" onClick={flipDock} onPointerEnter={() => void LogDock.preload()} aria-keyshortcuts="l">
                <ScrollText aria-hidden className="size-3.5" />
                Logs
              </Button>
            </div>
          )}
        </section>
        <section aria-label="Details" className="flex min-h-0 min-w-0 flex-1 flex-col">
          <DetailPanel
            data={data}
            trace={trace}
            row={row}
            usual={usual}
            tab={url.tab ?? opening}
            onTab={(tab) => setUrl({ tab })}
            stream={url.stream}
            onStream={(stream) => setUrl({ stream })}
            onSpan={(span) => setUrl({ span })}
          />
        </section>
      </div>
    </div>
  );
}
