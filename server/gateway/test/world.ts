import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunDetail, RunEvent, RunRow, StreamChunk, TraceItem } from "@/lib/contracts/run";
import { isFinal, type RunStatus } from "@/lib/contracts/status";
import type { TokenRow } from "@/lib/contracts/token";
import { matchesFilter } from "@/lib/runs/match-run";
import { createFeed, type Feed } from "../../engine/feed";
import { createLog } from "../../log";
import type { Reads } from "../reads";

/**
 * A database in memory whose every read and every announcement takes a random while, so that all orders of commit, read
 * and news come up. Reads see one moment between their start and their end.
 */
export interface World {
  feed: Feed;
  reads: Reads;
  runs: Map<string, RunDetail>;
  events: Map<string, RunEvent[]>;
  traces: Map<string, TraceItem[]>;
  chunks: Map<string, StreamChunk[]>;
  tokens: Map<string, TokenRow>;
  create(id: string, fields?: Partial<RunRow>): void;
  change(id: string, fields?: Partial<RunDetail>, type?: RunEvent["type"]): void;
  log(id: string): void;
  write(id: string, key: string): void;
  token(id: string, status: TokenRow["status"]): void;
  /** News of the next commit is lost. */
  loseNext(): void;
  /** Every announcement made so far has arrived. */
  settled(): Promise<void>;
}

function fail(line: string): never {
  throw new Error(line);
}

const nap = (turns: number): Promise<void> =>
  turns <= 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(nap(turns - 1))));

export function createWorld(random: () => number, epoch = "db1"): World {
  const maxTurns = 6;
  const feed = createFeed(epoch, createLog({ level: "error", format: "json", write: fail }));
  const runs = new Map<string, RunDetail>();
  const events = new Map<string, RunEvent[]>();
  const traces = new Map<string, TraceItem[]>();
  const chunks = new Map<string, StreamChunk[]>();
  const tokens = new Map<string, TokenRow>();
  const announcements = new Map<string, Promise<void>>();
  let isNextLost = false;
  let createdAt = Date.parse("2026-01-01T00:00:00.000Z");

  const turns = () => Math.floor(random() * maxTurns);
  /** Some reads take longer than a tick of the gateway, most far less. */
  const slowly = () => (random() < 0.7 ? nap(turns()) : new Promise<void>((resolve) => setTimeout(resolve, random() * 40)));
  async function seen<T>(look: () => T): Promise<T> {
    await slowly();
    const value = structuredClone(look());
    await slowly();
    return value;
  }

  /** Late, but in order per lane, as one connection commits and one process announces. */
  function announce(lane: string, tell: () => void): void {
    if (isNextLost) {
      isNextLost = false;
      return;
    }
    const before = announcements.get(lane) ?? Promise.resolve();
    announcements.set(lane, before.then(slowly).then(tell));
  }

  function commit(detail: RunDetail, type: RunEvent["type"]): void {
    const event: RunEvent = { runId: detail.id, version: detail.version, at: detail.updatedAt, type };
    runs.set(detail.id, detail);
    events.set(detail.id, [...(events.get(detail.id) ?? []), event]);
    const row = rowOf(detail);
    const at = Date.now();
    announce(detail.id, () => feed.emit("runs", [{ row, events: [event], created: detail.version === 1, at }]));
  }

  const byCreation = () => [...runs.values()].toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const tokenRows = () => [...tokens.values()].filter((token) => token.status === "WAITING");

  return {
    feed,
    runs,
    events,
    traces,
    chunks,
    tokens,
    reads: {
      rows: (ids) => seen(() => ids.flatMap((id) => (runs.has(id) ? [rowOf(must(runs.get(id)))] : []))),
      firstPage: (filter: RunFilter) =>
        seen(() =>
          byCreation()
            .map(rowOf)
            .filter((row) => matchesFilter(row, filter))
            .slice(0, 50),
        ),
      detail: (id) => seen(() => runs.get(id) ?? null),
      events: (id, after) => seen(() => (events.get(id) ?? []).filter((event) => event.version > after)),
      relations: (run) =>
        seen(() =>
          byCreation()
            .filter((other) => other.parentId === run.id || other.id === run.parentId)
            .map(rowOf),
        ),
      trace: (id, after, limit) => seen(() => (traces.get(id) ?? []).filter((item) => item.seq > after).slice(0, limit)),
      chunks: ({ runId, key, after, limit }) =>
        seen(() => (chunks.get(`${runId} ${key}`) ?? []).filter((chunk) => chunk.index > after).slice(0, limit)),
      counts: () => ({
        running: runs.size,
        queued: 0,
        waiting: 0,
        tokensWaiting: tokenRows().length,
        failedLastHour: 0,
        queuesPaused: 0,
        queuesFull: 0,
        environment: { limit: 100, burst: 1, paused: false },
        byStatus: {},
      }),
      versions: () => seen(() => ({ current: null, runs: {} })),
      queues: () => seen(() => [{ name: "q", type: "custom", queued: runs.size, running: 0, concurrencyLimit: null, paused: false }]),
      tokens: () => seen(tokenRows),
    },
    create(id, fields = {}) {
      createdAt += 1;
      const at = new Date(createdAt).toISOString();
      commit({ ...blank, ...fields, id, createdAt: at, updatedAt: at, version: 1 }, "created");
    },
    change(id, fields = {}, type = "metadata") {
      const before = must(runs.get(id));
      if (isFinal(before.status)) return;
      commit({ ...before, ...fields, version: before.version + 1, updatedAt: new Date().toISOString() }, type);
    },
    log(id) {
      const lines = traces.get(id) ?? [];
      const item: TraceItem = {
        runId: id,
        seq: lines.length + 1,
        attempt: 1,
        kind: "log",
        spanId: `${lines.length}`,
        parentId: null,
        name: "line",
        at: new Date().toISOString(),
      };
      traces.set(id, [...lines, item]);
      announce(`trace ${id}`, () => feed.emit("trace", [item]));
    },
    write(id, key) {
      const name = `${id} ${key}`;
      const written = chunks.get(name) ?? [];
      const chunk: StreamChunk = { runId: id, key, index: written.length, at: new Date().toISOString(), chunk: `"${written.length}"` };
      chunks.set(name, [...written, chunk]);
      announce(name, () => feed.emit("chunks", [chunk]));
    },
    token(id, status) {
      const token: TokenRow = { id, status, tags: [], createdAt: new Date(createdAt).toISOString(), waitingRuns: [] };
      tokens.set(id, token);
      announce(`token ${id}`, () => feed.emit("tokens", [token]));
    },
    loseNext() {
      isNextLost = true;
    },
    async settled() {
      await Promise.all(announcements.values());
    },
  };
}

export function must<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error("a value is missing");
  return value;
}

export function rowOf(detail: RunDetail): RunRow {
  const { payload: _1, payloadType: _2, output: _3, outputType: _4, metadata: _5, triggerFunction: _6, streams: _7, ...row } = detail;
  return row;
}

const blank = {
  task: "t",
  status: "EXECUTING" as RunStatus,
  tags: [] as string[],
  queue: "task/t",
  attempt: 1,
  depth: 0,
  isTest: false,
  priority: 0,
  usageMs: 0,
  payload: null,
  payloadType: "application/json",
  output: null,
  outputType: "application/json",
  metadata: null,
  triggerFunction: "trigger" as const,
  streams: [],
};
