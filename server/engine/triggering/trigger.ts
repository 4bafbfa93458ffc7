import { afterInsert } from "./after-insert";
import { freeSlot, type Engine } from "../engine";
import { EngineError } from "../error";
import type { KeyedAnswer, KeyedRun } from "../loops";
import { discardPacket } from "../packets";
import { afterJoin } from "./join-debounced";
import { checkKey, prepareRun, takeFastRoad, type ParentOperation, type TriggerRequest } from "./prepare-run";

export interface TriggerReceipt {
  id: string;
  isCached: boolean;
  /** Of a run triggered inside another that does not wait for it. */
  publicAccessToken?: string;
}

/**
 * Creates a run; resolves after the commit. With an idempotency key that is taken, the answer is the run that holds it.
 * `requestKey` is the id that a client keeps over retries of one call: the same one answers the same run.
 * Errors: EngineError 404 (unknown task), 413, 422 (option named in `param`), 503.
 */
export async function trigger(
  engine: Engine,
  request: TriggerRequest & { requestKey?: string | undefined; oneTimeToken?: { hash: string; expiresAt: Date } | undefined },
  parent: ParentOperation | null = null,
): Promise<TriggerReceipt> {
  if (request.requestKey !== undefined) checkKey(request.requestKey, "x-trigger-request-idempotency-key");
  const prepared = await prepareRun(engine, request, parent);
  if ("heldBy" in prepared) {
    // What such a token is good for once must not be had for nothing.
    if (request.oneTimeToken !== undefined) throw prepared.refusal;
    return {
      id: prepared.heldBy,
      isCached: true,
      ...(parent?.waits === false && { publicAccessToken: engine.runAccess(prepared.heldBy) }),
    };
  }
  const { run, idempotency, access, debounce } = prepared;
  const made: TriggerReceipt = { id: run.id, isCached: false };
  if (access !== null) made.publicAccessToken = access;
  const packet = { data: run.payload, dataType: run.payload_type };
  takeFastRoad(engine, run);
  const item: KeyedRun = {
    run,
    idempotency,
    requestKey: request.requestKey ?? null,
    oneTimeToken: request.oneTimeToken ?? null,
    debounce: debounce ?? undefined,
  };
  // A key that a parent takes goes with the run that it makes, or not at all: the parent may have changed hands.
  const isFenced = run.parent_seq !== null && (idempotency !== null || item.requestKey !== null);
  const answer = await (isFenced || debounce !== null ? makeFenced(engine, item) : engine.rounds.make(item)).catch(
    async (error: unknown) => {
      freeSlot(engine, run.id);
      // Of any other error it is not known whether the run was stored.
      if (error instanceof EngineError) await discardPacket(engine.packets, packet);
      throw error;
    },
  );
  if (answer.stored !== null) return made;
  freeSlot(engine, run.id);
  await discardPacket(engine.packets, packet);
  return { id: answer.id, isCached: answer.isCached, ...(access !== null && { publicAccessToken: engine.runAccess(answer.id) }) };
}

async function makeFenced(engine: Engine, item: KeyedRun): Promise<KeyedAnswer> {
  const answer = await engine.keyed.submit(item);
  if (answer.stored !== null) afterInsert(engine, [item.run], [answer.stored]);
  await afterJoin(engine, [answer]);
  return answer;
}

/** Frees the key for the next trigger. False: no run holds it. */
export async function resetIdempotencyKey(engine: Engine, task: string, key: string): Promise<boolean> {
  const rows = await engine.db.query("delete from idempotency_key where env_id = $1 and task = $2 and key = $3 returning run_id", [
    engine.env.id,
    task,
    key,
  ]);
  return rows.length > 0;
}
