"use client";
import { X } from "lucide-react";
import { useMemo, useState } from "react";
import { Button } from "@/components/ui/button";
import { OthersText } from "@/components/ui/others-text";
import { ErrorState } from "@/components/ui/state";
import type { RunDetail } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import type { TraceRow } from "@/lib/trace/trace-rows";
import type { TraceTree } from "@/lib/trace/trace-tree";
import { fitsSearch, LogFilter, LogLines, type LogSearch } from "./log-lines";
import type { TraceData } from "./use-run";

/** A span and what is below it. */
function spansBelow(tree: TraceTree, id: string): Set<string> {
  const found = new Set([id]);
  const walk = (parent: string): void => {
    for (const child of tree.children(parent)) {
      if (found.has(child.id)) continue;
      found.add(child.id);
      walk(child.id);
    }
  };
  walk(id);
  return found;
}

export function LogsTab({
  trace,
  row,
  run,
  onSpan,
}: {
  trace: TraceData;
  row: TraceRow | undefined;
  run: RunDetail;
  onSpan: (key: string | null) => void;
}) {
  const { tree, version } = trace;
  const [search, setSearch] = useState<LogSearch>({ text: "", least: "debug" });
  const span = row?.kind === "span" ? row.span : undefined;
  const lines = useMemo(() => {
    const below = span && spansBelow(tree, span.id);
    // The tree grows in place; `version` says when.
    return (
      version &&
      tree.logs().filter((line) => fitsSearch(line, search) && (below === undefined || (line.spanId !== null && below.has(line.spanId))))
    );
  }, [tree, version, span, search]);

  return (
    <>
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <LogFilter search={search} onSearch={setSearch} lines={lines} />
        {span ? (
          <Button size="sm" look="ghost" onClick={() => onSpan(null)} className="max-w-full">
            <span className="truncate">
              only <OthersText text={span.name} />
            </span>
            <X aria-hidden className="size-3" />
          </Button>
        ) : null}
      </div>
      {trace.error ? (
        <ErrorState className="m-4" title="The trace could not be read" detail={trace.error.message} onRetry={trace.retry} />
      ) : null}
      {lines.length === 0 ? (
        <p className="p-4 text-faint">
          {search.text !== "" || search.least !== "debug" || span
            ? "No line fits."
            : isFinal(run.status)
              ? "The run wrote no logs."
              : "Lines show up here as the run writes them, from console and logger alike."}
        </p>
      ) : (
        <LogLines name="Logs" lines={lines} isLive={!isFinal(run.status)} onSpan={(line) => onSpan(line.spanId)} />
      )}
    </>
  );
}
