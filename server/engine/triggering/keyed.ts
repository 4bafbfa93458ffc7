import { keyFreeingStatuses } from "@/lib/contracts/status";
import { untilKnown, type Query } from "../../db/database";
import { groupCommit } from "../../db/group-commit";
import { inParts } from "../../db/parts";
import type { Statement } from "../../db/pipeline";
import { encodeText } from "../../db/text";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { insertRuns, sizeOfRun, type NewRun } from "./insert-runs";
import type { StoredRun } from "../run-row";
import type { KeyedAnswer, KeyedRun } from "../loops";
import { joinDebounced } from "./join-debounced";

const freeing = keyFreeingStatuses.map((status) => `'${status}'`).join(", ");

/*
 * In a round the keys are taken by statements before the one that makes the runs: each sees what those before it took. A key that
 * its own run holds already is one that a first try has taken.
 */
const takeRequests = `
insert into request_key (env_id, kind, key, ref, expires_at)
select $1, kind, key, ref, coalesce(expires_at, now() + interval '1 day') from json_to_recordset($2::json) as i(kind text, key text, ref text, expires_at timestamptz) order by kind, key
on conflict (env_id, kind, key) do update set ref = excluded.ref, expires_at = excluded.expires_at where request_key.expires_at < now() or request_key.ref = excluded.ref
returning kind, key`;
const requestIsHeld = `(i.request_key is null or i.run_id = (select ref from request_key k where k.env_id = $1 and k.kind = 'trigger' and k.key = i.request_key))`;
/** A key is free when it has expired or its run ended in a way that frees it. */
const takeIdempotency = `
insert into idempotency_key (env_id, task, key, run_id, expires_at)
select $1, task, key, run_id, now() + ttl_ms * interval '1 ms'
  from json_to_recordset($2::json) as i(task text, key text, run_id text, ttl_ms bigint, request_key text) where ${requestIsHeld} order by task, key
on conflict (env_id, task, key) do update set run_id = excluded.run_id, expires_at = excluded.expires_at
  where idempotency_key.expires_at < now() or idempotency_key.run_id = excluded.run_id
     or exists (select from run where run.id = idempotency_key.run_id and run.status in (${freeing}))`;
/** A request id that was taken for a run whose idempotency key is another's names that other one: the client asks again with it. */
const nameHolders = `
update request_key r set ref = k.run_id
  from json_to_recordset($2::json) as i(task text, key text, run_id text, request_key text)
  join idempotency_key k on k.env_id = $1 and k.task = i.task and k.key = i.key and k.run_id <> i.run_id
 where r.env_id = $1 and r.kind = 'trigger' and r.key = i.request_key and r.ref = i.run_id`;

/** Of the items of a round: the statements that take their keys, and what their runs must hold to be made. */
export function takingKeys(envId: string, items: readonly KeyedRun[]): Statement[] {
  const requests = [...wantedRequests(items).values()];
  if (requests.length === 0 && !items.some((item) => item.idempotency !== null)) return [];
  const keys = [...wantedIdempotency(items).values()];
  const statements: Statement[] = requests.length === 0 ? [] : [{ sql: takeRequests, params: [envId, JSON.stringify(requests)] }];
  if (keys.length > 0) statements.push({ sql: takeIdempotency, params: [envId, JSON.stringify(keys)] });
  if (keys.some((key) => key.request_key !== undefined)) statements.push({ sql: nameHolders, params: [envId, JSON.stringify(keys)] });
  return statements;
}

/** The statement of a client's request id, for none. */
export const idleKeysStatement = (envId: string): Statement => ({ sql: takeRequests, params: [envId, "[]"] });

/** Whether the item has taken its request id, by the answer to the first of those statements. */
export function tookRequest(items: readonly KeyedRun[], taken: readonly { kind: string; key: string }[]): (item: KeyedRun) => boolean {
  const ids = new Set(taken.map((row) => `${row.kind}\n${row.key}`));
  const wanted = wantedRequests(items);
  return (item) => item.requestKey === null || (ids.has(requestId(item)) && wanted.get(requestId(item))?.ref === item.run.id);
}

/** The run, which knows now what it must hold. */
export function withKeys({ run, requestKey, oneTimeToken, idempotency }: KeyedRun): NewRun {
  if (requestKey !== null) run.request_key = storedRequest({ run, requestKey });
  if (oneTimeToken !== null) run.token_hash = oneTimeToken.hash;
  if (idempotency !== null) run.idempotency_key = idempotency.key;
  return run;
}

/**
 * The run that stands in the way of one that was not made; null: nobody has the keys any more, so it may be tried again.
 * `isFirst`: the item took its request id, so this is the first answer to that request.
 */
export async function holderInTheWay(
  query: Query,
  envId: string,
  { item, isFirst }: { item: KeyedRun; isFirst: boolean },
): Promise<KeyedAnswer | Error | null> {
  const { run, requestKey, oneTimeToken, idempotency } = item;
  const [held] = await query<{ request: string | null; token: string | null; run_id: string | null }>(
    `select (select ref from request_key where env_id = $1 and kind = 'trigger' and key = $2) as request,
            (select ref from request_key where env_id = $1 and kind = 'token' and key = $3) as token,
            (select run_id from idempotency_key where env_id = $1 and task = $4 and key = $5) as run_id`,
    [
      envId,
      requestKey === null ? null : storedRequest({ run, requestKey }),
      oneTimeToken?.hash ?? null,
      run.task,
      idempotency?.key ?? null,
    ],
  );
  if (held === undefined) return null;
  const isOther = (id: string | null): id is string => id !== null && id !== run.id;
  if (isOther(held.request)) return { id: held.request, isCached: isFirst, stored: null };
  if (isOther(held.token)) return usedToken();
  return isOther(held.run_id) ? { id: held.run_id, isCached: true, stored: null } : null;
}

const readRequestKeys = `
select r.kind, r.key, r.ref from request_key r join json_to_recordset($2::json) as i(kind text, key text) on r.kind = i.kind and r.key = i.key where r.env_id = $1`;

const renameRequests = `
update request_key r set ref = i.ref from json_to_recordset($2::json) as i(key text, ref text) where r.env_id = $1 and r.kind = 'trigger' and r.key = i.key`;

const readKeys = `
select k.task, k.key, k.run_id from idempotency_key k join json_to_recordset($2::json) as i(task text, key text) on k.task = i.task and k.key = i.key
 where k.env_id = $1`;

const heldSql = `
select k.run_id from idempotency_key k
 where k.env_id = $1 and k.task = $2 and k.key = $3 and k.expires_at >= now()
   and not exists (select from run where run.id = k.run_id and run.status = any($4))`;

/** The run that the key stands for; null when the next trigger may have the key. */
export async function holderOf(engine: Engine, task: string, key: string): Promise<string | null> {
  const [row] = await engine.db.query<{ run_id: string }>(heldSql, [engine.env.id, encodeText(task), key, keyFreeingStatuses]);
  return row?.run_id ?? null;
}

/** The write loop of runs with keys: keys and runs in one transaction, a group at a time. */
export function createKeyedInserts(engine: Engine) {
  return groupCommit<KeyedRun, KeyedAnswer>({
    writer: engine.db.writer(),
    sizeOf: ({ run }) => sizeOfRun(run),
    run: (writer, items) => untilKnown(() => writer.transaction((query) => insertKeyed(query, engine, items, { again: true }))),
  });
}

/** `again`: an earlier try with the same runs may have been committed. */
export async function insertKeyed(
  query: Query,
  engine: Engine,
  items: readonly KeyedRun[],
  { again }: { again: boolean },
): Promise<(KeyedAnswer | Error)[]> {
  const answers = new Map<KeyedRun, KeyedAnswer | Error>();
  const requests = await holders(query, engine.env.id, items);
  for (const item of items) {
    const tokenHolder = item.oneTimeToken === null ? item.run.id : requests.get(`token\n${item.oneTimeToken.hash}`);
    const requestHolder = item.requestKey === null ? item.run.id : requests.get(requestId(item));
    if (requestHolder !== undefined && requestHolder !== item.run.id)
      answers.set(item, { id: requestHolder, isCached: false, stored: null });
    else if (tokenHolder !== item.run.id) answers.set(item, usedToken());
  }
  const open = items.filter((item) => !answers.has(item));
  const keys = await keyHolders(query, engine.env.id, open);
  for (const item of open) {
    const holder = item.idempotency === null ? item.run.id : keys.get(`${item.run.task}\n${item.idempotency.key}`);
    if (holder !== item.run.id)
      answers.set(
        item,
        holder === undefined ? new Error("an idempotency key has no holder") : { id: holder, isCached: true, stored: null },
      );
  }
  const joined = await joinDebounced(
    query,
    engine,
    open.filter((item) => !answers.has(item)),
  );
  for (const [item, answer] of joined) answers.set(item, answer);
  if (joined.size > 0) followJoined(answers, joined);
  await answerRequestsWith(query, engine.env.id, answers);
  const winners = open.filter((item) => !answers.has(item));
  const stored: StoredRun[] = [];
  for (const part of inParts(
    winners.map((item) => item.run),
    sizeOfRun,
  ))
    stored.push(...(await insertRuns(query, engine.env.id, part, { again })));
  const byId = new Map(stored.map((run) => [run.id, run]));
  return items.map((item) => {
    const answer = answers.get(item);
    if (answer !== undefined) return answer;
    const run = byId.get(item.run.id);
    // Undone with its key, or the key would name a run that there never was. The others of the group are made without it.
    if (run === undefined)
      throw new EngineError(409, `Run ${item.run.parent_id} has changed hands; its former process may not trigger runs.`);
    return { id: run.id, isCached: false, stored: run };
  });
}

const storedRequest = (item: Pick<KeyedRun, "run" | "requestKey">) => `${item.run.task}\n${item.requestKey}`;
const requestId = (item: KeyedRun) => `trigger\n${storedRequest(item)}`;

/** An item whose key is held by one that was answered with another run gets that run too. */
function followJoined(answers: Map<KeyedRun, KeyedAnswer | Error>, joined: ReadonlyMap<KeyedRun, KeyedAnswer>): void {
  const targets = new Map([...joined].map(([{ run }, { id }]) => [run.id, id]));
  for (const [item, answer] of answers) {
    if (answer instanceof Error) continue;
    const id = targets.get(answer.id);
    if (id !== undefined) answers.set(item, { ...answer, id });
  }
}

/** A request id that was taken for a run whose key is another's names that other one: the client asks again with it. */
async function answerRequestsWith(query: Query, envId: string, answers: Map<KeyedRun, KeyedAnswer | Error>): Promise<void> {
  const cached = new Map(
    [...answers].flatMap(([item, answer]) =>
      answer instanceof Error || (!answer.isCached && item.debounce === undefined) ? [] : [[item.run.id, answer.id]],
    ),
  );
  const renamed = [...answers.keys()].filter((item) => item.requestKey !== null && cached.has(item.run.id));
  if (renamed.length === 0) return;
  await query(renameRequests, [envId, JSON.stringify(renamed.map((item) => ({ key: storedRequest(item), ref: cached.get(item.run.id) })))]);
  for (const [item, answer] of answers) {
    const holder = answer instanceof Error ? undefined : cached.get(answer.id);
    if (holder !== undefined) answers.set(item, { id: holder, isCached: false, stored: null });
  }
}

/** Request ids and one-time tokens that the items ask for; of several with the same, the first. */
function wantedRequests(items: readonly KeyedRun[]): Map<string, { kind: string; key: string; ref: string; expires_at?: string }> {
  const wanted = new Map<string, { kind: string; key: string; ref: string; expires_at?: string }>();
  for (const item of items) {
    const { run, requestKey, oneTimeToken } = item;
    if (requestKey !== null && !wanted.has(requestId(item)))
      wanted.set(requestId(item), { kind: "trigger", key: storedRequest(item), ref: run.id });
    if (oneTimeToken === null || wanted.has(`token\n${oneTimeToken.hash}`)) continue;
    wanted.set(`token\n${oneTimeToken.hash}`, {
      kind: "token",
      key: oneTimeToken.hash,
      ref: run.id,
      expires_at: oneTimeToken.expiresAt.toISOString(),
    });
  }
  return wanted;
}

/** Who holds each request id and one-time token: the first of this group that names a free one, else who had it before. */
async function holders(query: Query, envId: string, items: readonly KeyedRun[]): Promise<Map<string, string>> {
  const wanted = wantedRequests(items);
  if (wanted.size === 0) return new Map();
  const list = JSON.stringify([...wanted.values()]);
  const taken = await query<{ kind: string; key: string }>(takeRequests, [envId, list]);
  const result = new Map(taken.map((row) => [`${row.kind}\n${row.key}`, wanted.get(`${row.kind}\n${row.key}`)?.ref ?? ""]));
  if (result.size === wanted.size) return result;
  // A statement of its own: it sees what a concurrent transaction committed meanwhile.
  const before = await query<{ kind: string; key: string; ref: string }>(readRequestKeys, [envId, list]);
  return new Map(before.map((row) => [`${row.kind}\n${row.key}`, row.ref]));
}

interface WantedKey {
  task: string;
  key: string;
  run_id: string;
  ttl_ms: number;
  request_key?: string;
}
function wantedIdempotency(items: readonly KeyedRun[]): Map<string, WantedKey> {
  const wanted = new Map<string, WantedKey>();
  for (const item of items) {
    const { run, idempotency, requestKey } = item;
    const id = `${run.task}\n${idempotency?.key}`;
    if (idempotency === null || wanted.has(id)) continue;
    wanted.set(id, {
      task: run.task,
      key: idempotency.key,
      run_id: run.id,
      ttl_ms: idempotency.ttlMs,
      ...(requestKey !== null && { request_key: storedRequest(item) }),
    });
  }
  return wanted;
}

async function keyHolders(query: Query, envId: string, items: readonly KeyedRun[]): Promise<Map<string, string>> {
  const wanted = wantedIdempotency(items);
  if (wanted.size === 0) return new Map();
  const list = JSON.stringify([...wanted.values()]);
  await query(takeIdempotency, [envId, list]);
  const rows = await query<{ task: string; key: string; run_id: string }>(readKeys, [envId, list]);
  return new Map(rows.map((row) => [`${row.task}\n${row.key}`, row.run_id]));
}

const usedToken = () => new EngineError(422, "This one-time token has already been used. Ask for a new one.", { code: "token_used" });
