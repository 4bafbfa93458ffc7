import type { TriggerOptions } from "@/lib/contracts/trigger";
import type { Engine } from "../engine/engine";
import { checkKey } from "../engine/triggering/prepare-run";
import { EngineError } from "../engine/error";
import { getHolder, listKeyHolders, type KeyClaim, type KeyHolder } from "../engine/reads/key-holders";
import { allows, readableThrough } from "./authorize";
import type { Principal } from "./principal";

interface Keyed {
  task: string;
  options?: TriggerOptions | undefined;
}

/**
 * A key that is taken answers with the run that holds it, and a handle that reads that run; a debounced trigger changes it. A public
 * token gets there what it has made itself or may read, and nothing else. Throws before anything is made.
 */
export async function checkHeldKeys(engine: Engine, principal: Principal, triggers: readonly Keyed[]): Promise<void> {
  if (principal.kind !== "public") return;
  const claims = triggers.flatMap(({ task, options: { idempotencyKey, debounce } = {} }): KeyClaim[] => [
    ...(idempotencyKey === undefined ? [] : [{ kind: "idempotency" as const, task, key: idempotencyKey }]),
    ...(debounce === undefined ? [] : [{ kind: "debounce" as const, task, key: debounce.key }]),
  ]);
  if (claims.length === 0) return;
  for (const { kind, key } of claims) checkKey(key, paramOf(kind));
  const foreign = (await listKeyHolders(engine.db, engine.env.id, claims)).find((holder) => !mayHave(principal, holder));
  if (foreign !== undefined) throw refused(foreign.task, paramOf(foreign.kind ?? "idempotency"));
}

/** The same once more for the answer: between the look and the trigger somebody else may have taken the key. */
export async function checkAnswered(engine: Engine, principal: Principal, { runId, task }: { runId: string; task: string }): Promise<void> {
  if (principal.kind !== "public") return;
  const holder = await getHolder(engine.db, engine.env.id, runId);
  if (holder === undefined || !mayHave(principal, holder)) throw refused(task, paramOf("idempotency"));
}

/** The same for the key of a batch, which names no task. */
export function checkHeldBatch(principal: Principal, batchId: string): void {
  if (allows(principal, { action: "read", resources: [{ type: "batch", id: batchId }, { type: "runs" }] })) return;
  throw new EngineError(
    403,
    "idempotencyKey: another batch holds this key, and the public access token may not read it. Use a key of its own.",
    { code: "unauthorized", param: "idempotencyKey" },
  );
}

const paramOf = (kind: KeyClaim["kind"]): string => (kind === "debounce" ? "options.debounce.key" : "options.idempotencyKey");

const mayHave = (principal: Extract<Principal, { kind: "public" }>, holder: KeyHolder): boolean =>
  holder.publicToken === principal.hash || allows(principal, { action: "read", resources: readableThrough(holder) });

function refused(task: string, param: string): EngineError {
  const message = `${param}: a run that this public access token has not made and may not read holds this key. Use a key of its own, or mint the token with read:tasks:${task} or the run's tag.`;
  return new EngineError(403, message, { code: "unauthorized", param });
}
