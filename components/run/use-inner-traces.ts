"use client";
import { useEffect, useRef, useState } from "react";
import { getJson, messageOf } from "@/components/live/api";
import { useLive } from "@/components/live/live-provider";
import { toast } from "@/components/ui/toast";
import type { Live } from "@/lib/client/live";
import type { RunPage } from "@/lib/contracts/dashboard";
import type { RunRow } from "@/lib/contracts/run";
import type { InnerTrace } from "@/lib/trace/trace-rows";
import { createTraceTree } from "@/lib/trace/trace-tree";
import { newestRows, readTrace, runPath } from "./use-run";

/** The waterfall takes what comes over at most this often. */
const pacedMs = 250;

interface Followed {
  by: Live | null;
  trace: InnerTrace | undefined;
  end: () => void;
}

/** Reads the trace of a run whole, then follows it until `end`. */
function follow(live: Live | null, id: string, onChange: () => void): Followed {
  const gone = new AbortController();
  const tree = createTraceTree();
  const followed: Followed = { by: live, trace: undefined, end: () => gone.abort() };
  const take = (rows: readonly RunRow[]): void => {
    const children = newestRows(
      followed.trace?.children ?? [],
      rows.filter((row) => row.parentId === id),
    );
    followed.trace = { tree, counts: followed.trace?.counts ?? [], children };
    onChange();
  };

  async function read(): Promise<void> {
    try {
      const [page, items] = await Promise.all([getJson<RunPage>(runPath(id), gone.signal), readTrace(id, gone.signal)]);
      tree.apply(items);
      followed.trace = { tree, children: followed.trace?.children ?? [], counts: page.children };
      take(page.relations);
    } catch (failure) {
      if (!gone.signal.aborted) toast.error("The trace of a child run could not be read", { description: messageOf(failure) });
    }
  }
  void read();

  const [lines, run] = [live?.trace(id), live?.run(id)];
  const ends = [
    lines?.subscribe(() => {
      tree.apply(lines.getSnapshot().data.items);
      onChange();
    }),
    run?.subscribe(() => take(run.getSnapshot().data.relations)),
  ];
  followed.end = () => {
    gone.abort();
    for (const end of ends) end?.();
  };
  return followed;
}

/** Traces of the child runs that are open in the waterfall: another map whenever one of them has grown. */
export function useInnerTraces(ids: ReadonlySet<string>): ReadonlyMap<string, InnerTrace> {
  const live = useLive();
  const [traces, setTraces] = useState<ReadonlyMap<string, InnerTrace>>(new Map());
  const followed = useRef(new Map<string, Followed>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => {
    const all = followed.current;
    const show = (): void => {
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        setTraces(new Map([...all].flatMap(([id, { trace }]) => (trace === undefined ? [] : [[id, trace] as const]))));
      }, pacedMs);
    };
    for (const [id, { by, end }] of all) {
      if (ids.has(id) && by === live) continue;
      end();
      all.delete(id);
    }
    for (const id of ids) if (!all.has(id)) all.set(id, follow(live, id, show));
  }, [ids, live]);
  useEffect(() => {
    const all = followed.current;
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      for (const { end } of all.values()) end();
      all.clear();
    };
  }, []);
  return traces;
}
