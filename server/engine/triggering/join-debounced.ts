import type { Packet } from "@/lib/contracts/run";
import type { RunStatus } from "@/lib/contracts/status";
import type { MachinePreset } from "@/lib/contracts/task";
import type { Query } from "../../db/database";
import { encodeText } from "../../db/text";
import { eventOf, publish, type Engine } from "../engine";
import { EngineError } from "../error";
import type { KeyedAnswer, KeyedRun } from "../loops";
import { discardPacket, offloadPacket, resolvePacket, storedType } from "../packets";
import { runColumns, type StoredRun } from "../run-row";
import { pushedDue } from "./debounce";
import type { NewRun } from "./insert-runs";
import { readOptions, type RunOptions } from "./run-options";

/** A run that calls of a group push, or the first of them makes. */
interface Held {
  id: string;
  createdMs: number;
  /** As it was. */
  fromMs: number;
  dueMs: number;
  /** Made by this group: what later calls change is changed before it is stored. */
  maker: KeyedRun | null;
  /** What trailing calls give. */
  latest: Latest | null;
  callers: KeyedRun[];
}

/**
 * Takes the debounce keys of the items, in their transaction. An item whose key names a run that has not entered the queue pushes
 * that run back and is answered with it; the others are to be made, and hold their key. One row lock per key: of two racing
 * triggers one makes the run and the other pushes it.
 */
export async function joinDebounced(query: Query, engine: Engine, items: readonly KeyedRun[]): Promise<Map<KeyedRun, KeyedAnswer>> {
  const debounced = items.filter((item) => item.debounce !== undefined);
  const answers = new Map<KeyedRun, KeyedAnswer>();
  if (debounced.length === 0) return answers;
  const holders = await takeKeys(query, engine.env.id, debounced);
  const locked = await lockRuns(query, [...holders.values()], debounced);
  const held = fold(debounced, holders, locked);
  for (const one of held) {
    const pushed = one.maker === null ? await pushStored(query, engine, one) : await pushNew(engine, one, one.maker.run);
    for (const item of one.callers)
      answers.set(item, { id: one.id, isCached: false, stored: null, ...(item === one.callers.at(-1) && { pushed }) });
  }
  await nameHolders(query, engine.env.id, held);
  await renameKeys(query, engine.env.id, answers);
  await noteCallers(query, engine, answers, locked);
  return answers;
}

/** After the commit: the feed hears of the runs that were pushed, and payloads that later ones have replaced go. */
export async function afterJoin(engine: Engine, answers: readonly KeyedAnswer[]): Promise<void> {
  for (const { pushed } of answers) {
    if (pushed === undefined) continue;
    const { run, replaced } = pushed;
    if (run !== null && run.delay_until !== null) engine.timers.expect(Date.parse(run.delay_until));
    if (run !== null) publish(engine, [run], () => [eventOf(run, "debounced", { until: run.delay_until })]);
    for (const packet of replaced) await discardPacket(engine.packets, packet);
  }
}

const keyOf = ({ run, debounce }: KeyedRun) => `${run.task}\n${debounce?.key}`;

const takeKeysSql = `
insert into debounce_key (env_id, task, key, run_id) select $1, task, key, run_id from json_to_recordset($2::json) as i(task text, key text, run_id text) order by task, key
on conflict (env_id, task, key) do update set run_id = debounce_key.run_id returning task, key, run_id`;

async function takeKeys(query: Query, envId: string, items: readonly KeyedRun[]): Promise<Map<string, string>> {
  const wanted = new Map(
    items.toReversed().map((item) => [keyOf(item), { task: item.run.task, key: item.debounce?.key, run_id: item.run.id }]),
  );
  const rows = await query<{ task: string; key: string; run_id: string }>(takeKeysSql, [envId, JSON.stringify([...wanted.values()])]);
  return new Map(rows.map((row) => [`${row.task}\n${row.key}`, row.run_id]));
}

interface Locked {
  id: string;
  epoch: number;
  status: RunStatus;
  delay_until: string | null;
  created_at: string;
}

/** The runs that hold the keys and the callers' parents, in order of id as everywhere: else two transactions could wait for each other. */
async function lockRuns(query: Query, holders: readonly string[], items: readonly KeyedRun[]): Promise<Map<string, Locked>> {
  const parents = items.flatMap(({ run }) => (run.parent_seq === null || run.parent_id === null ? [] : [run.parent_id]));
  const rows = await query<Locked>(
    "select id, epoch, status, delay_until, created_at from run where id = any($1) order by id for no key update",
    [[...holders, ...parents]],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** The calls in their order, against the runs that there are: which run each gets, and when that one starts. */
function fold(items: readonly KeyedRun[], holders: ReadonlyMap<string, string>, locked: ReadonlyMap<string, Locked>): Held[] {
  const current = new Map<string, Held>();
  const all: Held[] = [];
  for (const item of items) {
    const key = keyOf(item);
    let held = current.get(key) ?? existing(locked.get(holders.get(key) ?? ""));
    if (held !== null && !current.has(key)) all.push(held);
    if (held !== null) current.set(key, held);
    // Its own run, made by a first try whose answer was lost.
    if (held?.id === item.run.id) continue;
    const due = held === null || item.debounce === undefined ? null : pushedDue(held, item.debounce);
    if (held === null || due === null) {
      const dueMs = Date.parse(item.run.delay_until ?? "");
      held = { id: item.run.id, createdMs: item.debounce?.at ?? dueMs, fromMs: dueMs, dueMs, maker: item, latest: null, callers: [] };
      current.set(key, held);
      all.push(held);
      continue;
    }
    held.dueMs = due;
    held.callers.push(item);
    if (item.debounce?.takes !== null) held.latest = latestOf(item, held.latest);
  }
  return all;
}

/** A run that can still be pushed. One that waits for its version keeps its delay. */
function existing(row: Locked | undefined): Held | null {
  if (row === undefined || row.delay_until === null || (row.status !== "DELAYED" && row.status !== "PENDING_VERSION")) return null;
  const dueMs = Date.parse(row.delay_until);
  return { id: row.id, createdMs: Date.parse(row.created_at), fromMs: dueMs, dueMs, maker: null, latest: null, callers: [] };
}

/** What a trailing call gives, over what those before it gave and it leaves out. */
interface Latest {
  payload: string | null;
  payload_type: string;
  tags?: string[];
  metadata?: string | null;
  progress_value?: number | null;
  progress_label?: string | null;
  max_attempts?: number | null;
  max_duration?: number | null;
  machine?: MachinePreset | null;
  options: Pick<RunOptions, "maxAttempts" | "maxDuration" | "machine">;
}

function latestOf({ run, debounce }: KeyedRun, before: Latest | null): Latest {
  const { takes } = debounce ?? {};
  const { maxAttempts, maxDuration, machine } = readOptions(run.options);
  return {
    ...before,
    payload: run.payload,
    payload_type: run.payload_type,
    ...(takes?.tags === true && { tags: run.tags }),
    ...(takes?.metadata === true && { metadata: run.metadata, progress_value: run.progress_value, progress_label: run.progress_label }),
    ...(takes?.maxAttempts === true && { max_attempts: run.max_attempts }),
    ...(takes?.maxDuration === true && { max_duration: run.max_duration }),
    ...(takes?.machine === true && { machine: run.machine }),
    options: {
      ...before?.options,
      ...(maxAttempts !== undefined && { maxAttempts }),
      ...(maxDuration !== undefined && { maxDuration }),
      ...(machine !== undefined && { machine }),
    },
  };
}

/** A large payload is kept under the run that has it. The caller's own is taken back with the run that was not made. */
async function ownPayload({ packets }: Engine, id: string, { payload, payload_type: dataType }: Latest): Promise<Packet> {
  const packet = { data: payload, dataType };
  return dataType === storedType ? offloadPacket(packets, await resolvePacket(packets, packet), `${id}/payload`) : packet;
}

const storedPacket = ({ payload, payload_type: dataType }: { payload: string | null; payload_type: string }): Packet[] =>
  dataType === storedType ? [{ data: payload, dataType }] : [];

async function pushNew(engine: Engine, { id, fromMs, dueMs, latest }: Held, run: NewRun): Promise<{ run: null; replaced: Packet[] }> {
  if (run.queue_ms === fromMs) run.queue_ms = dueMs;
  run.delay_until = new Date(dueMs).toISOString();
  if (latest === null) return { run: null, replaced: [] };
  const replaced = storedPacket(run);
  const { options, ...taken } = latest;
  const own = await ownPayload(engine, id, latest);
  Object.assign(run, taken, {
    payload: own.data,
    payload_type: own.dataType,
    options: JSON.stringify({ ...readOptions(run.options), ...options }),
  });
  return { run: null, replaced };
}

/** A place in the queue that is a parent's is kept. One that waits for its version has no timer yet. */
const pushSql = `
with i as (
  select * from json_to_record($3::json) as i(payload text, payload_type text, tags text[], metadata text, progress_value real, progress_label text,
    max_attempts smallint, max_duration int, machine text, options text)
),
r as (
  update run set delay_until = $4::timestamptz, queue_at = case when queue_at = delay_until then $4::timestamptz else queue_at end,
    version = version + 1, updated_at = now(), tags = coalesce(i.tags, run.tags), max_attempts = coalesce(i.max_attempts, run.max_attempts),
    max_duration = coalesce(i.max_duration, run.max_duration), machine = coalesce(i.machine, run.machine),
    progress_value = case when i.metadata is null then run.progress_value else i.progress_value end,
    progress_label = case when i.metadata is null then run.progress_label else i.progress_label end
   from i where id = $2 returning ${runColumns}
),
d as (
  update run_data set payload = i.payload, payload_type = i.payload_type, options = i.options, seed_metadata = coalesce(i.metadata, seed_metadata),
    metadata = coalesce(i.metadata, run_data.metadata), metadata_at_attempt = coalesce(i.metadata, metadata_at_attempt)
   from i where run_id = $2 and i.payload_type is not null
),
gone as (delete from run_tag where run_id = $2 and tag <> all(coalesce((select tags from i), array[tag]))),
t as (insert into run_tag (env_id, tag, created_at, run_id) select $1, tag, r.created_at, r.id from r, i, unnest(i.tags) as tag on conflict do nothing),
tm as (
  insert into run_timer (env_id, kind, ref, due_at) select $1, 'delay', id, delay_until from r where status = 'DELAYED'
  on conflict (kind, ref) do update set due_at = excluded.due_at
),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'debounced', $5 from r)
select * from r`;

async function pushStored(
  query: Query,
  engine: Engine,
  { id, fromMs, dueMs, latest }: Held,
): Promise<{ run: StoredRun | null; replaced: Packet[] }> {
  if (latest === null && dueMs === fromMs) return { run: null, replaced: [] };
  const until = new Date(dueMs).toISOString();
  const told = JSON.stringify({ until });
  if (latest === null) {
    const [run] = await query<StoredRun>(pushSql, [engine.env.id, id, "{}", until, told]);
    return { run: run ?? null, replaced: [] };
  }
  const [before] = await query<{ payload: string | null; payload_type: string; options: string }>(
    "select payload, payload_type, options from run_data where run_id = $1",
    [id],
  );
  if (before === undefined) throw new Error(`run ${id} has no data`);
  const own = await ownPayload(engine, id, latest);
  const changes = {
    ...latest,
    payload: own.data,
    payload_type: own.dataType,
    options: JSON.stringify({ ...readOptions(before.options), ...latest.options }),
  };
  const [run] = await query<StoredRun>(pushSql, [engine.env.id, id, JSON.stringify(changes), until, told]);
  return { run: run ?? null, replaced: storedPacket(before) };
}

const nameHoldersSql = `
update debounce_key k set run_id = i.run_id, updated_at = now() from json_to_recordset($2::json) as i(task text, key text, run_id text)
 where k.env_id = $1 and k.task = i.task and k.key = i.key`;

/** The newest run of each key is the one that the next call pushes. */
async function nameHolders(query: Query, envId: string, held: readonly Held[]): Promise<void> {
  const made = new Map(
    held.flatMap(({ maker }) =>
      maker === null ? [] : [[keyOf(maker), { task: maker.run.task, key: maker.debounce?.key, run_id: maker.run.id }] as const],
    ),
  );
  if (made.size > 0) await query(nameHoldersSql, [envId, JSON.stringify([...made.values()])]);
}

/** The keys that a call has taken for a run that is not made stand for the one that it was answered with. */
async function renameKeys(query: Query, envId: string, answers: ReadonlyMap<KeyedRun, KeyedAnswer>): Promise<void> {
  const named = [...answers]
    .filter(([{ idempotency }]) => idempotency !== null)
    .map(([{ run, idempotency }, { id }]) => ({ task: run.task, key: idempotency?.key, run_id: run.id, to: id }));
  if (named.length === 0) return;
  await query(
    `update idempotency_key k set run_id = i.to from json_to_recordset($2::json) as i(task text, key text, run_id text, "to" text)
      where k.env_id = $1 and k.task = i.task and k.key = i.key and k.run_id = i.run_id`,
    [envId, JSON.stringify(named)],
  );
}

const noteSql = `
with i as (
  select * from json_to_recordset($1::json) as i(run_id text, attempt smallint, seq int, kind text, fingerprint text, target text, outcome text)
),
j as (
  insert into run_journal (run_id, attempt, seq, kind, fingerprint, target, outcome) select * from i on conflict do nothing returning run_id, outcome
)
update run set pending_waits = pending_waits + w.n from (select run_id, count(*) as n from j where outcome is null group by run_id) w where run.id = w.run_id`;

/** Parents that were answered with a run that is there have it in their journal, in the same commit; those that wait for it wait. */
async function noteCallers(
  query: Query,
  engine: Engine,
  answers: ReadonlyMap<KeyedRun, KeyedAnswer>,
  locked: ReadonlyMap<string, Locked>,
): Promise<void> {
  const entries = [];
  for (const [{ run }, { id }] of answers) {
    if (run.parent_seq === null || run.parent_id === null) continue;
    const parent = locked.get(run.parent_id);
    const runs = parent?.status === "EXECUTING" || parent?.status === "WAITING" || parent?.status === "QUEUED";
    if (!runs || parent.epoch !== run.parent_epoch)
      throw new EngineError(409, `Run ${run.parent_id} has changed hands; its former process may not trigger runs.`);
    // Of a batch the parent notes the batch.
    if (run.parent_kind === "batchTrigger") continue;
    const value = { id, isCached: false, taskIdentifier: run.task, publicAccessToken: engine.runAccess(id) };
    entries.push({
      run_id: run.parent_id,
      attempt: run.parent_attempt,
      seq: run.parent_seq,
      kind: run.parent_kind,
      fingerprint: run.parent_fingerprint,
      ...(run.parent_waits ? { target: id } : { outcome: encodeText(JSON.stringify({ ok: true, value })) }),
    });
  }
  if (entries.length > 0) await query(noteSql, [JSON.stringify(entries)]);
}
