import type { Counts, QueueRow, RunFilter, VersionsState } from "@/lib/contracts/realtime";
import type { RunDetail, RunEvent, RunRow, StreamChunk, TraceItem } from "@/lib/contracts/run";
import type { TokenRow } from "@/lib/contracts/token";
import type { Engine } from "../engine/engine";
import { countRunsByVersion } from "../engine/reads/deployments";
import { getCounts, listQueues } from "../engine/reads/live";
import { listChunks, listEvents, listRelations, listTrace } from "../engine/reads/run";
import { getRunDetail, getRunRows, listRuns } from "../engine/reads/runs";
import { listWaitingTokens } from "../engine/reads/tokens";

/** What snapshots and catch-up are read from: the database as it is now. */
export interface Reads {
  rows(ids: string[]): Promise<RunRow[]>;
  /** First page of a list, newest first. */
  firstPage(filter: RunFilter): Promise<RunRow[]>;
  detail(runId: string): Promise<RunDetail | null>;
  events(runId: string, afterVersion: number): Promise<RunEvent[]>;
  relations(run: RunRow): Promise<RunRow[]>;
  trace(runId: string, after: number, limit: number): Promise<TraceItem[]>;
  chunks(place: { runId: string; key: string; after: number; limit: number }): Promise<StreamChunk[]>;
  counts(): Counts;
  queues(): Promise<QueueRow[]>;
  versions(): Promise<Omit<VersionsState, "revision">>;
  /** Waiting ones by deadline. */
  tokens(): Promise<TokenRow[]>;
}

const pageRows = 50;
const waitingTokens = 500;

export function engineReads(engine: Engine): Reads {
  const { db, env } = engine;
  return {
    rows: async (ids) => (ids.length === 0 ? [] : getRunRows(db, env.id, ids)),
    firstPage: async (filter) => (await listRuns(db, env.id, { ...filter, limit: pageRows })).rows,
    detail: (runId) => getRunDetail(db, env.id, runId),
    events: (runId, afterVersion) => listEvents(db, runId, afterVersion),
    relations: (run) => listRelations(db, env.id, run),
    trace: (runId, after, limit) => listTrace(db, runId, after, limit),
    chunks: ({ runId, key, after, limit }) => listChunks(db, { runId, key }, after, limit),
    counts: () => getCounts(engine),
    queues: () => listQueues(engine),
    versions: async () => ({ current: engine.deployments.current()?.version ?? null, runs: await countRunsByVersion(db, env.id) }),
    tokens: () => listWaitingTokens(db, env.id, waitingTokens),
  };
}
