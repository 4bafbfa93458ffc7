import type { RunPatch } from "@/lib/contracts/realtime";
import type { RunDetail, RunEvent, RunRow } from "@/lib/contracts/run";
import type { RunStore } from "../run-store";
import type { TopicMessage } from "../sync";
import type { Reducer } from "./view";

export interface RunState {
  detail: RunDetail | undefined;
  /** Oldest first, without gaps from the first one on. */
  events: readonly RunEvent[];
  /** Parent, root and children, as far as they have come; newest versions. */
  relations: readonly RunRow[];
}

/** Fields of `next` over `held`: only when it is not older. */
function newerDetail(held: RunDetail | undefined, next: RunDetail | undefined): RunDetail | undefined {
  return next && held && next.version < held.version ? held : (next ?? held);
}

function mergeEvents(held: readonly RunEvent[], incoming: readonly RunEvent[]): readonly RunEvent[] {
  const last = held.at(-1)?.version ?? 0;
  const news = incoming.filter((event) => event.version > last);
  return news.length === 0 ? held : [...held, ...news];
}

function mergeRelations(held: readonly RunRow[], incoming: readonly RunRow[], runs: RunStore): readonly RunRow[] {
  if (incoming.length === 0) return held;
  const byId = new Map(held.map((row) => [row.id, row]));
  for (const row of incoming) byId.set(row.id, runs.newest(row));
  return [...byId.values()];
}

export function runReducer(runId: string, runs: RunStore): Reducer<RunState, "run"> {
  return {
    empty: { detail: undefined, events: [], relations: [] },
    snapshot(held, data) {
      runs.apply([...data.relations]);
      return {
        detail: newerDetail(held.detail, data.detail),
        events: mergeEvents(held.events, data.events),
        relations: mergeRelations(held.relations, data.relations, runs),
      };
    },
    message(held, message) {
      if (message.type === "rows") {
        const related = message.rows.filter((row) => row.id !== runId);
        runs.apply(message.rows);
        return related.length === 0 ? held : { ...held, relations: mergeRelations(held.relations, related, runs) };
      }
      if (message.type !== "events") return held;
      if (message.row) runs.apply([message.row]);
      return { ...held, detail: patched(held.detail, message), events: mergeEvents(held.events, message.events) };
    },
  };
}

type News = Extract<TopicMessage, { type: "events" }>;

function patched(held: RunDetail | undefined, news: News): RunDetail | undefined {
  const base = newerDetail(held, news.detail);
  if (!base) return undefined;
  const row = news.row && news.row.version >= base.version ? rowOver(base, news.row) : base;
  return news.patch ? patchOver(row, news.patch) : row;
}

function patchOver(detail: RunDetail, patch: RunPatch): RunDetail {
  return {
    ...detail,
    ...(patch.metadata !== undefined && { metadata: patch.metadata }),
    ...(patch.output !== undefined && { output: patch.output }),
    ...(patch.outputType !== undefined && { outputType: patch.outputType }),
    ...(patch.fullError !== undefined && { fullError: patch.fullError }),
    ...(patch.streams !== undefined && { streams: patch.streams }),
  };
}

/** All fields of the new row instead of the old one's, absent ones included; what only the detail has stays. */
function rowOver(detail: RunDetail, row: RunRow): RunDetail {
  const { payload, payloadType, output, outputType, metadata, triggerFunction, streams } = detail;
  const { fullError, ttl, idempotencyKey, idempotencyKeyExpiresAt, debounceKey, parked, maxDuration } = detail;
  return {
    ...row,
    payload,
    payloadType,
    output,
    outputType,
    metadata,
    triggerFunction,
    streams,
    ...(fullError && { fullError }),
    ...(ttl !== undefined && { ttl }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(idempotencyKeyExpiresAt !== undefined && { idempotencyKeyExpiresAt }),
    ...(debounceKey !== undefined && { debounceKey }),
    ...(parked !== undefined && { parked }),
    ...(maxDuration !== undefined && { maxDuration }),
  };
}
