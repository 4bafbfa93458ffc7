import type { Counts, News, QueueRow, RunFilter, ServerNotice, Topic, VersionsState } from "@/lib/contracts/realtime";
import { filterKey } from "@/lib/runs/match-run";
import { createConnection, type ConnectionOptions } from "./connection";
import { createFreshnessMeter, type Freshness } from "./freshness";
import { browserSignals } from "./page-signals";
import { createRunStore, type RunStore } from "./run-store";
import type { Subscribable } from "../view/store";
import { createSync, type LinkStatus } from "./sync";
import { streamReducer, traceReducer, type StreamState, type TraceState } from "./views/log-views";
import { runReducer, type RunState } from "./views/run-view";
import { createRunsView, type RunsView } from "./views/runs-view";
import {
  countsReducer,
  newsReducer,
  queuesReducer,
  schedulesReducer,
  tokensReducer,
  variablesReducer,
  versionsReducer,
  type TokensState,
} from "./views/state-views";
import { createTopicView, type Reducer, type View } from "./views/view";

/**
 * Everything live of one page over one socket. Views are subscribed while somebody listens to them; asking twice for the
 * same gives the same view, so a component may ask in every render:
 *
 *     const state = useSyncExternalStore(live.run(id).subscribe, live.run(id).getSnapshot, live.run(id).getSnapshot)
 */
export interface Live {
  status: Subscribable<LinkStatus>;
  notices: Subscribable<readonly ServerNotice[] | undefined>;
  /** Commit → paint, measured here; null before the first change. */
  freshness: Subscribable<Freshness | null>;
  /** Newest known version of every run; put rows of HTTP pages in too. */
  rows: RunStore;
  runs(filter: RunFilter): RunsView;
  run(runId: string): View<RunState>;
  trace(runId: string): View<TraceState>;
  stream(runId: string, key: string): View<StreamState>;
  counts(): View<Counts | undefined>;
  queues(): View<readonly QueueRow[]>;
  /** A number that rises with each change of schedules. */
  schedules(): View<number | undefined>;
  tokens(): View<TokensState>;
  versions(): View<VersionsState | undefined>;
  variables(): View<string | undefined>;
  news(): View<News | undefined>;
  /** Server time in epoch ms, for durations that tick. Stop them while `status` is not live. */
  serverNow(): number;
  /** Local time of the last frame, for "last update 14:03:07". */
  lastHeardAt(): number | undefined;
  retryNow(): void;
  close(): void;
}

export interface LiveOptions extends ConnectionOptions {
  /** Calls back once what was notified is painted (`afterNextPaint` in browsers). None: freshness is not measured. */
  afterPaint?: (then: () => void) => void;
}

export function createLive(options: LiveOptions): Live {
  const connection = createConnection(options);
  const rows = createRunStore();
  const signals = options.signals ?? browserSignals;
  const meter = createFreshnessMeter({
    afterPaint: options.afterPaint ?? (() => undefined),
    serverNow: connection.clock.now,
    report: (ms) => connection.send({ type: "painted", ms }),
    isSeen: signals.isSeen,
  });
  const unlisten = signals.listen({ wake: () => undefined, hide: meter.hidden, sleep: meter.hidden, offline: () => undefined });
  const sync = createSync(connection, { onChange: meter.changed, onEpoch: rows.clear });
  const views = new Map<string, unknown>();

  function once<T>(key: string, make: (onIdle: () => void) => T): T {
    // The key names the topic, and a topic has one type of view.
    const found = views.get(key) as T | undefined;
    if (found !== undefined) return found;
    const view = make(() => views.delete(key));
    views.set(key, view);
    return view;
  }

  function view<T, K extends Exclude<Topic["kind"], "runs">>(topic: Extract<Topic, { kind: K }>, reducer: Reducer<T, K>): View<T> {
    return once(JSON.stringify(topic), (onIdle) => createTopicView<T, K>({ sync, topic: () => topic, reducer, onIdle }));
  }

  return {
    status: sync.status,
    notices: sync.notices,
    freshness: meter.freshness,
    rows,
    runs: (filter) => once(`runs ${filterKey(filter)}`, (onIdle) => createRunsView({ sync, runs: rows, filter, onIdle })),
    run: (runId) => view({ kind: "run", runId }, runReducer(runId, rows)),
    trace: (runId) => view({ kind: "trace", runId }, traceReducer),
    stream: (runId, key) => view({ kind: "stream", runId, key }, streamReducer),
    counts: () => view({ kind: "counts" }, countsReducer),
    queues: () => view({ kind: "queues" }, queuesReducer),
    schedules: () => view({ kind: "schedules" }, schedulesReducer),
    news: () => view({ kind: "news" }, newsReducer),
    tokens: () => view({ kind: "tokens" }, tokensReducer),
    versions: () => view({ kind: "versions" }, versionsReducer),
    variables: () => view({ kind: "variables" }, variablesReducer),
    serverNow: connection.clock.now,
    lastHeardAt: connection.lastHeardAt,
    retryNow: connection.retryNow,
    close() {
      unlisten();
      meter.close();
      sync.close();
      connection.close();
      views.clear();
    },
  };
}
