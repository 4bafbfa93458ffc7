import type { InputResult, OperationOutcome } from "@/lib/contracts/ipc";
import { isFinal } from "@/lib/contracts/status";
import { parseDue } from "@/lib/time/duration";
import type { Query } from "../../db/database";
import { decodeText } from "../../db/text";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { getRunRows } from "../reads/runs";
import { appendChunks } from "../telling/stream";
import { checkKey } from "../triggering/prepare-run";
import { firstOfKey } from "./key-of-wait";
import { settleWaiters } from "./waiters";

/** Bytes of what is sent at once. */
export const inputBytes = 1024 * 1024;
const nameLength = 256;
const prefix = "$input/";

/** Where what is sent into a run is kept: beside its own streams, under names that these cannot have. */
export function inputKey(streamId: string): string {
  if (streamId === "" || streamId.length > nameLength || streamId.startsWith("$")) {
    throw new EngineError(400, `An input stream's id has 1 to ${nameLength} characters and does not start with "$".`, {
      param: "streamId",
    });
  }
  return `${prefix}${streamId}`;
}

/** Named in the journal of what waits. It is settled by the next chunk: what was there before was given out when the wait was made. */
const targetOf = ({ runId, key }: { runId: string; key: string }): string => `${runId}/${key}`;

const lockSql = "select pg_advisory_xact_lock(hashtextextended(target, 0)) from unnest($1::text[]) as target order by target";
const firstSql = "select index, chunk from stream_chunk where run_id = $1 and key = $2 and index > $3 order by index limit 1";

export interface InputAsk {
  streamId: string;
  /** Index of the last chunk that is known; −1: none. */
  after: number;
  timeout?: string | undefined;
  timeoutMs?: number | undefined;
  idempotencyKey?: string | undefined;
  idempotencyKeyTTL?: string | undefined;
}

/**
 * The first chunk after a place, or null when it is still to come; `journal` notes the one or the other in the same commit. Chunks
 * are appended under the same lock, so none comes in between.
 */
export async function askForInput(
  engine: Engine,
  runId: string,
  ask: InputAsk,
  journal: (query: Query, entry: { outcome?: OperationOutcome; target?: string; until?: string }) => Promise<void>,
): Promise<OperationOutcome | null> {
  const until = endOf(engine, ask);
  const stream = { runId, key: inputKey(ask.streamId) };
  const target = targetOf(stream);
  const after = await startOf(engine, ask, stream);
  const outcome = await engine.db.transaction(async (query) => {
    await query(lockSql, [[target]]);
    const [first] = await query<{ index: number; chunk: string }>(firstSql, [runId, stream.key, after]);
    const found = first === undefined ? null : outcomeOf({ index: first.index, text: decodeText(first.chunk) });
    await journal(query, found === null ? { target, ...(until !== undefined && { until }) } : { outcome: found });
    return found;
  });
  if (outcome === null && until !== undefined) engine.timers.expect(Date.parse(until));
  return outcome;
}

function endOf(engine: Engine, { timeout, timeoutMs }: InputAsk): string | undefined {
  if (timeoutMs !== undefined) return new Date(engine.clock.now() + timeoutMs).toISOString();
  if (timeout === undefined) return undefined;
  const due = parseDue(timeout, engine.clock.now());
  if (due === null) throw new EngineError(422, `"${timeout}" is neither a duration such as "10m" nor an ISO date.`, { param: "timeout" });
  return due.toISOString();
}

/** With a key: where the run's first wait with it began, so that it gets the same. */
async function startOf(
  engine: Engine,
  { idempotencyKey, idempotencyKeyTTL, after }: InputAsk,
  { runId, key }: { runId: string; key: string },
): Promise<number> {
  if (idempotencyKey === undefined) return after;
  checkKey(idempotencyKey, "idempotencyKey");
  return Number(
    await firstOfKey(engine, { kind: "input", key: `${runId}/${key}/${idempotencyKey}`, ttl: idempotencyKeyTTL, ref: String(after) }),
  );
}

const outcomeOf = ({ index, text }: { index: number; text: string }): OperationOutcome => {
  const value: InputResult = { index, output: { data: text, dataType: "application/json" } };
  return { ok: true, value };
};

interface Appended {
  run_id: string;
  key: string;
  index: number;
}

/** Before chunks are appended: what waits for input of these streams is made before, and is settled, or after, and sees them. */
export async function lockInputs(query: Query, streams: readonly { runId: string; key: string }[]): Promise<void> {
  const inputs = streams.filter(({ key }) => key.startsWith(prefix));
  if (inputs.length > 0) await query(lockSql, [[...new Set(inputs.map(targetOf))]]);
}

/** Gives appended input to what waits for it. Answers the runs that have something to go on with. */
export async function settleInputs(query: Query, chunks: readonly (Appended & { text: string })[]): Promise<string[]> {
  const first = new Map<string, Appended & { text: string }>();
  for (const chunk of chunks) {
    if (!chunk.key.startsWith(prefix)) continue;
    const target = targetOf({ runId: chunk.run_id, key: chunk.key });
    if ((first.get(target)?.index ?? Infinity) > chunk.index) first.set(target, chunk);
  }
  const woken: string[] = [];
  for (const [target, chunk] of [...first].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    woken.push(...(await settleWaiters(query, target, outcomeOf(chunk))));
  return woken;
}

/** Sends `data`, a JSON text, into a run that is not over. The same `writer` sends once. */
export async function sendInput(
  engine: Engine,
  { runId, streamId, data, writer }: { runId: string; streamId: string; data: string; writer: string },
): Promise<void> {
  const key = inputKey(streamId);
  if (Buffer.byteLength(data) > inputBytes)
    throw new EngineError(413, `What is sent to an input stream has at most ${inputBytes} bytes.`, { param: "data" });
  const [run] = await getRunRows(engine.db, engine.env.id, [runId]);
  if (run === undefined) throw new EngineError(404, `Run ${runId} not found.`);
  if (isFinal(run.status)) throw new EngineError(400, `Run ${runId} is finished (${run.status}); nothing can be sent to it any more.`);
  await appendChunks(engine, { runId, key, writer, first: 0, chunks: [data] });
}
