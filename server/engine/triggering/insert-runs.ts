import type { RunStatus } from "@/lib/contracts/status";
import type { MachinePreset } from "@/lib/contracts/task";
import type { Query } from "../../db/database";
import type { Statement } from "../../db/pipeline";
import { commonPart, creationStatSql } from "../running/end-stats";
import { runColumns, type StoredRun } from "../run-row";
import { matchCreated, type Created } from "./created-runs";

/** A run to be created. `EXECUTING` takes the fast road: created and started in one commit, never in the queue table. */
export interface NewRun extends Pick<StoredRun, "concurrency_key" | "gates"> {
  id: string;
  task: string;
  status: Extract<RunStatus, "QUEUED" | "DELAYED" | "PENDING_VERSION" | "EXECUTING" | "DEQUEUED" | "SYSTEM_FAILURE">;
  queue: string;
  priority_ms: number;
  /** Epoch ms of a place in the queue that is not that of its creation: inherited, or of the end of its delay. */
  queue_ms: number | null;
  delay_until: string | null;
  ttl_ms: number | null;
  parent_id: string | null;
  root_id: string | null;
  batch_id: string | null;
  batch_index: number | null;
  replay_of: string | null;
  depth: number;
  is_test: boolean;
  deployment: string | null;
  machine: MachinePreset | null;
  isolate: boolean;
  max_attempts: number | null;
  max_duration: number | null;
  tags: string[];
  node: string | null;
  payload: string | null;
  payload_type: string;
  metadata: string | null;
  options: string;
  progress_value: number | null;
  progress_label: string | null;
  error: string | null;
  error_name: string | null;
  error_message: string | null;
  /** Operation of a parent run that makes this one; the row goes into the parent's journal. */
  parent_epoch: number | null;
  parent_attempt: number | null;
  parent_seq: number | null;
  parent_kind: string | null;
  parent_fingerprint: string | null;
  /** The parent's operation stays open until this run is final. */
  parent_waits: boolean;
  parent_outcome: string | null;
  /** The person or key that asked for it by hand; left out otherwise. */
  created_by?: string | undefined;
  /** When a run that waits for a deployment is given up. */
  version_deadline?: string | undefined;
  /** The bulk action that makes it; left out otherwise. */
  bulk_action?: string | undefined;
  /** Keys that it must hold to be made, as `keyed.ts` has stored them before. */
  request_key?: string | undefined;
  token_hash?: string | undefined;
  idempotency_key?: string | undefined;
}

/** About how much a run adds to a statement. */
export const sizeOfRun = ({ payload, metadata, options }: NewRun): number =>
  (payload?.length ?? 0) + (metadata?.length ?? 0) + options.length;

const inputColumns = `id text, task text, status text, queue text, concurrency_key text, priority_ms int, queue_ms bigint, delay_until timestamptz,
  ttl_ms bigint, parent_id text, root_id text, batch_id text, batch_index int, replay_of text, depth smallint, is_test boolean, deployment text,
  machine text, isolate boolean, max_attempts smallint, max_duration int, tags text[], node text, payload text, payload_type text, metadata text,
  options text, progress_value real, progress_label text, error text, error_name text, error_message text, parent_epoch int, parent_attempt smallint,
  parent_seq int, parent_kind text, parent_fingerprint text, parent_waits boolean, parent_outcome text, gates text`;

const keyColumns = "request_key text, token_hash text, idempotency_key text";

/** Statuses that lists look up by `notable`. */
export const notableStatuses: readonly RunStatus[] = [
  "DELAYED",
  "PENDING_VERSION",
  "WAITING",
  "CANCELED",
  "FAILED",
  "CRASHED",
  "SYSTEM_FAILURE",
  "EXPIRED",
  "TIMED_OUT",
];

/** What the runs of one statement need beyond their rows. Each part costs about 0.05 ms of a statement, needed or not. */
interface Parts {
  /** They may be there already: looking costs a tenth of the statement. */
  again: boolean;
  tags: boolean;
  waiting: boolean;
  parked: boolean;
  children: boolean;
  /** Some have events that their rows cannot say. */
  told: boolean;
  keys: boolean;
  bulk: boolean;
}

/**
 * Parents that still run. Their rows are locked: a cancel comes before, and then no child is made, or after, and then it finds the
 * child. In order of id, as every statement that locks several runs.
 */
const parents = `pl as materialized (
  select run.id, run.epoch from run where run.id = any(array(select parent_id from json_to_recordset($2::json) as x(parent_id text, parent_seq int) where parent_seq is not null))
     and run.status in ('EXECUTING', 'WAITING', 'QUEUED') order by run.id for no key update
),`;
const fenced = `exists (select from pl where pl.id = i.parent_id and pl.epoch = i.parent_epoch)`;

/** One by one, through the keys' indexes: of `exists` beside an `or` the planner makes a hash of the whole table. */
const holdsItsKeys = `
  (i.request_key is null or i.id = (select ref from request_key k where k.env_id = $1 and k.kind = 'trigger' and k.key = i.request_key))
  and (i.token_hash is null or i.id = (select ref from request_key k where k.env_id = $1 and k.kind = 'token' and k.key = i.token_hash))
  and (i.idempotency_key is null
       or i.id = (select run_id from idempotency_key k where k.env_id = $1 and k.task = i.task and k.key = i.idempotency_key))`;

/**
 * One statement: the runs, their cold data, tags, queue entries, timers, counters, and their parents' journal entries. That they
 * were created and started their rows say; events are written for the rest.
 * A run whose parent no longer runs at `parent_epoch` is left out: a zombie creates nothing.
 * With `again` it inserts nothing for ids that are there.
 */
const insertSql = ({ again, tags, waiting, parked, children, told, keys, bulk }: Parts): string => `
with ${children ? parents : ""}
i as materialized (
  select i.*, coalesce(i.queue_ms, floor(extract(epoch from now()) * 1000)::bigint) as place
    from json_to_recordset($2::json) as i(${inputColumns}, created_by text${parked ? ", version_deadline timestamptz" : ""}${keys ? `, ${keyColumns}` : ""}${bulk ? ", bulk_action text" : ""})
   where true ${children ? `and (i.parent_seq is null or ${fenced})` : ""} ${keys ? `and ${holdsItsKeys}` : ""}
),
r as (
  insert into run (id, env_id, task, status, notable, version, epoch, attempt, queue, concurrency_key, priority_ms, queue_at, queued_at, started_at,
                   finished_at, delay_until, expires_at, parent_id, root_id, batch_id, replay_of, depth, is_test, deployment, machine, isolate,
                   max_attempts, max_duration, tags, node, progress_value, progress_label, error_name, error_message, gates${bulk ? ", bulk_actions" : ""})
  select id, $1, task, status, case when status in ('DELAYED', 'PENDING_VERSION', 'SYSTEM_FAILURE') then status end,
         case when status in ('EXECUTING', 'DEQUEUED') then 2 else 1 end,
         case when status in ('EXECUTING', 'DEQUEUED') then 1 else 0 end, case when status in ('EXECUTING', 'DEQUEUED') then 1 else 0 end,
         queue, concurrency_key, priority_ms, to_timestamp(place / 1000.0),
         case when status not in ('DELAYED', 'PENDING_VERSION') then now() end, case when status in ('EXECUTING', 'DEQUEUED') then now() end,
         case when status = 'SYSTEM_FAILURE' then now() end, delay_until,
         case when ttl_ms is not null and status = 'QUEUED' then now() + ttl_ms * interval '1 ms' end,
         parent_id, root_id, batch_id, replay_of, depth, is_test, deployment, machine, isolate, max_attempts, max_duration, tags, node,
         progress_value, progress_label, error_name, error_message, gates${bulk ? ", case when bulk_action is not null then array[bulk_action] end" : ""}
    from i
  ${again ? "on conflict (id) do nothing" : ""}
  returning id, task, status, version, queue, queue_at, created_at, progress_value
),
d as (
  insert into run_data (run_id, payload, payload_type, seed_metadata, metadata, metadata_at_attempt, options, error)
  select id, payload, payload_type, metadata, metadata, metadata, options, error from i ${again ? "on conflict do nothing" : ""}
),
${
  told
    ? `e as (
  insert into run_event (run_id, version, at, type, data)
  select id, 1, now(), 'created', json_build_object('by', created_by)::text from i where created_by is not null and id in (select id from r)
  union all
  select id, 2, now(), 'dequeued', '{"attempt":1}' from r where status = 'DEQUEUED'
),`
    : ""
}
${tags ? "t as (insert into run_tag (env_id, tag, created_at, run_id) select $1, tag, now(), id from i, unnest(tags) as tag on conflict do nothing)," : ""}
${
  waiting
    ? `q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id)
  select $1, queue, lane_key(concurrency_key, gates), place - priority_ms, id from i where status = 'QUEUED' and id in (select id from r)
),
tm as (
  insert into run_timer (env_id, kind, ref, due_at)
  select $1, 'delay', id, delay_until from i where status = 'DELAYED' and id in (select id from r)
  union all
  select $1, 'ttl', id, now() + ttl_ms * interval '1 ms' from i where status = 'QUEUED' and ttl_ms is not null and id in (select id from r)
  on conflict do nothing
),`
    : ""
}
${
  parked
    ? `v as (
  insert into run_timer (env_id, kind, ref, due_at)
  select $1, 'version', id, version_deadline from i where version_deadline is not null and id in (select id from r) on conflict do nothing
),`
    : ""
}
${
  children
    ? `p as (
  update run set pending_waits = run.pending_waits + w.n
    from (select parent_id, count(*) as n from i where parent_waits and id in (select id from r) group by parent_id) w
   where run.id = w.parent_id
),
j as (
  insert into run_journal (run_id, attempt, seq, kind, fingerprint, target, outcome)
  select parent_id, parent_attempt, parent_seq, parent_kind, parent_fingerprint, case when parent_waits then id end, parent_outcome
    from i where parent_seq is not null and parent_kind <> 'batchTrigger' on conflict do nothing
),`
    : ""
}
h as (insert into run_slot (run_id, env_id, node) select id, $1, node from i where status in ('EXECUTING', 'DEQUEUED') and id in (select id from r)),
${creationStatSql("$3::smallint")}
select id, queue_at, created_at, progress_value from r`;

/** The statements of most runs, for none: whoever makes the first run finds them planned. */
export const idleInsertStatements = (envId: string, part: number): Statement[] =>
  [{ keys: false }, { keys: true }].map((of) => ({
    sql: textOf({ again: false, tags: false, waiting: false, parked: false, children: false, told: false, bulk: false, ...of }),
    params: [envId, "[]", part],
  }));

const texts = new Map<string, string>();
function textOf(parts: Parts): string {
  const { again, tags, waiting, parked, children, told, keys, bulk } = parts;
  const key = [again, tags, waiting, parked, children, told, keys, bulk].join();
  const text = texts.get(key) ?? insertSql(parts);
  texts.set(key, text);
  return text;
}
function textFor(runs: readonly NewRun[], again: boolean): string {
  return textOf({
    again,
    tags: runs.some((run) => run.tags.length > 0),
    waiting: runs.some((run) => run.status === "QUEUED" || run.status === "DELAYED"),
    parked: runs.some((run) => run.status === "PENDING_VERSION"),
    children: runs.some((run) => run.parent_seq !== null),
    told: runs.some((run) => run.created_by !== undefined || run.status === "DEQUEUED"),
    keys: runs.some((run) => run.request_key !== undefined || run.token_hash !== undefined || run.idempotency_key !== undefined),
    bulk: runs.some((run) => run.bulk_action !== undefined),
  });
}

/**
 * Creates the runs. Its rows miss those that a fenced parent may not create any more, and those of whose keys another run holds one.
 * `again`: after a lost connection a first try may have been committed.
 */
export const insertStatement = (
  envId: string,
  runs: readonly NewRun[],
  { again, part = commonPart }: { again: boolean; part?: number },
): Statement => ({
  sql: textFor(runs, again),
  params: [envId, JSON.stringify(runs.map(withoutNulls)), part],
});

/** The same as a statement of a transaction: the rows of the runs that were made, now or before. */
export async function insertRuns(
  query: Query,
  envId: string,
  runs: readonly NewRun[],
  { again }: { again: boolean },
): Promise<StoredRun[]> {
  const { sql, params } = insertStatement(envId, runs, { again });
  const { made, missing } = matchCreated(runs, await query<Created>(sql, params));
  return missing.length === 0 || !again ? made : [...made, ...(await readRuns(query, envId, missing))];
}

export const readRuns = (query: Query, envId: string, ids: readonly string[]): Promise<StoredRun[]> =>
  query<StoredRun>(`select ${runColumns} from run where env_id = $1 and id = any($2)`, [envId, ids]);

/** Absent means null to the statement; most columns of most runs are, and reading their names costs as much as reading values. */
function withoutNulls(run: NewRun): object {
  const given: Record<string, unknown> = { ...run };
  for (const column in given) if (given[column] === null) given[column] = undefined;
  return given;
}
