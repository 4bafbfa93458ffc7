import { createHash } from "node:crypto";
import { z } from "zod";
import { isMadeKey, keyMaterial, type IdempotencyKeyScope, type KeyOwner } from "@/lib/ids/idempotency";
import type { ApiRequestOptions } from "@/lib/client/http";
import { apiClient } from "./api";
import { textMeant, textsMeant } from "./meant";
import type { IdempotencyKey } from "./options";
import { currentRun } from "./scope";

export interface MadeKey {
  idempotencyKey: string;
  /** What the user wrote, for people and for `ctx.run.idempotencyKey`. */
  idempotencyKeyOptions?: { key: string; scope: IdempotencyKeyScope };
}

// What keys were made from; the oldest are forgotten, which only costs their readable form.
const made = new Map<string, { key: string; scope: IdempotencyKeyScope }>();
const maxRemembered = 10_000;

// A SHA-256 in hex is what the brand means.
const hash = (material: string): IdempotencyKey => createHash("sha256").update(material).digest("hex") as IdempotencyKey;

function owner(): KeyOwner | undefined {
  const run = currentRun();
  return run && { runId: run.id, attempt: run.ctx.attempt.number };
}

function remember(key: IdempotencyKey, from: { key: string; scope: IdempotencyKeyScope }): IdempotencyKey {
  made.delete(key);
  made.set(key, from);
  const [oldest] = made.keys();
  if (made.size > maxRemembered && oldest !== undefined) made.delete(oldest);
  return key;
}

function makeKey(key: string | string[], scope: IdempotencyKeyScope): IdempotencyKey {
  return remember(hash(keyMaterial(key, scope, owner())), { key: typeof key === "string" ? key : key.join("-"), scope });
}

/** The key that goes over the wire: made keys as they are, raw ones hashed with run scope. */
export function toMadeKey(given: string | string[] | null | undefined): MadeKey | undefined {
  // An empty one is none, as the published SDK takes it: it comes from forms that were left blank.
  if (given === undefined || given === null || given === "") return undefined;
  const key = Array.isArray(given) ? textsMeant("An idempotency key", given) : textMeant("An idempotency key", given);
  const idempotencyKey = isMadeKey(key) ? key : makeKey(key, "run");
  const from = made.get(idempotencyKey);
  return { idempotencyKey, ...(from !== undefined && { idempotencyKeyOptions: from }) };
}

/** Key of the item at `index` of a batch that has one itself. */
export const toItemKey = (batchKey: string | string[], index: number): MadeKey => ({
  idempotencyKey: makeKey([...textsMeant("An idempotency key", batchKey), String(index)], "run"),
});

export interface ResetOptions {
  scope?: IdempotencyKeyScope | undefined;
  parentRunId?: string | undefined;
  attemptNumber?: number | undefined;
}

function keyToReset(key: IdempotencyKey | string | string[], { scope, parentRunId, attemptNumber }: ResetOptions): string {
  if (isMadeKey(key)) return key;
  const wanted = scope ?? "run";
  if (wanted === "global") return hash(keyMaterial(key, "global", undefined));
  const here = owner();
  const runId = parentRunId ?? here?.runId;
  if (runId === undefined)
    throw new Error(`idempotencyKeys.reset: a key of scope "${wanted}" needs parentRunId, as its hash contains the run that made it`);
  const attempt = attemptNumber ?? here?.attempt;
  if (wanted === "attempt" && attempt === undefined) throw new Error('idempotencyKeys.reset: a key of scope "attempt" needs attemptNumber');
  return hash(keyMaterial(key, wanted, { runId, attempt: attempt ?? 1 }));
}

export const idempotencyKeys = {
  /** 64 hex characters. Scope: `run` (default; one per parent run), `attempt`, or `global`. Outside a run every scope is global. */
  create: (key: string | string[], options?: { scope?: IdempotencyKeyScope | undefined }): Promise<IdempotencyKey> =>
    Promise.resolve(makeKey(key, options?.scope ?? "run")),
  /** Lets the next trigger with this key make a new run. */
  reset: (
    taskIdentifier: string,
    key: IdempotencyKey | string | string[],
    options: ResetOptions = {},
    requestOptions?: ApiRequestOptions,
  ): Promise<{ id: string }> =>
    apiClient().request(z.object({ id: z.string() }), `/api/v1/idempotencyKeys/${encodeURIComponent(keyToReset(key, options))}/reset`, {
      method: "POST",
      json: { taskIdentifier },
      options: requestOptions,
    }),
};
