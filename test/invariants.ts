import { isFinal, type RunStatus } from "@/lib/contracts/status";
import type { RunEventType } from "@/lib/contracts/run";
import type { Database } from "@/server/db/database";
import { notableStatuses } from "@/server/engine/triggering/insert-runs";
import type { TestNode } from "./engine";

interface Row {
  id: string;
  env_id: string;
  status: RunStatus;
  notable: string | null;
  version: number;
  attempt: number;
  queue: string;
  concurrency_key: string | null;
  retry_at: string | null;
  delay_until: string | null;
  expires_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  waiting_on: string | null;
  pending_waits: number;
  resume_due: boolean;
  stopping: boolean;
  node: string | null;
  parent_id: string | null;
  error_id: string | null;
}

const ends: ReadonlySet<RunEventType> = new Set(["completed", "failed", "canceled", "expired"]);
/** Events after which a run is in one of these statuses; the others change none. */
const statusesAfter: Partial<Record<RunEventType, readonly RunStatus[]>> = {
  created: ["QUEUED", "DELAYED", "PENDING_VERSION", "SYSTEM_FAILURE"],
  delayed: ["DELAYED"],
  queued: ["QUEUED"],
  parked: ["PENDING_VERSION"],
  dequeued: ["DEQUEUED"],
  started: ["EXECUTING"],
  resumed: ["EXECUTING"],
  resuming: ["QUEUED"],
  waiting: ["WAITING"],
  retrying: ["EXECUTING", "QUEUED"],
  redelivered: ["QUEUED", "WAITING"],
  completed: ["COMPLETED"],
  canceled: ["CANCELED"],
  expired: ["EXPIRED"],
  failed: ["FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT"],
};

/**
 * What must hold between the tables whenever no statement is under way, and between them and the memory of these nodes.
 * Answers one line per violation; none means that nothing has leaked, got lost or been counted twice.
 */
export async function violations(db: Database, nodes: readonly TestNode[] = []): Promise<string[]> {
  const found: string[] = [];
  const runs = await db.query<Row>("select * from run order by id");
  const byId = new Map(runs.map((run) => [run.id, run]));
  const slots = new Map(
    (await db.query<{ run_id: string; node: string }>("select run_id, node from run_slot")).map((row) => [row.run_id, row.node]),
  );
  const queue = new Map(
    (
      await db.query<{ run_id: string; env_id: string; queue: string; concurrency_key: string; resume: boolean }>("select * from run_queue")
    ).map((row) => [row.run_id, row]),
  );
  const timers = await db.query<{ kind: string; ref: string; due_at: string }>("select kind, ref, due_at from run_timer");
  const timerOf = (kind: string, ref: string) => timers.find((timer) => timer.kind === kind && timer.ref === ref);
  const journal = await db.query<{ run_id: string; attempt: number; seq: number; kind: string; target: string | null; open: boolean }>(
    "select run_id, attempt, seq, kind, target, outcome is null as open from run_journal",
  );
  const events = await db.query<{ run_id: string; version: number; type: RunEventType; attempt: number | null }>(
    "select run_id, version, type, (data::json ->> 'attempt')::int as attempt from run_history order by run_id, version",
  );
  const eventsOf = new Map<string, typeof events>();
  for (const event of events) eventsOf.set(event.run_id, [...(eventsOf.get(event.run_id) ?? []), event]);

  for (const run of runs) {
    const say = (what: string) => found.push(`${run.id} ${run.status}: ${what}`);
    const final = isFinal(run.status);
    const betweenAttempts = run.status === "QUEUED" && run.retry_at !== null;
    const notable = notableStatuses.includes(run.status) ? run.status : betweenAttempts ? "QUEUED" : null;
    if (run.notable !== notable) say(`notable is ${run.notable}, not ${notable}`);
    if (final !== (run.finished_at !== null)) say("finished_at and status disagree");
    if (run.stopping && run.status !== "CANCELED") say("is stopping");

    const needsSlot = run.status === "EXECUTING" || run.status === "DEQUEUED" || run.stopping;
    if (needsSlot !== slots.has(run.id)) say(needsSlot ? "has no slot" : "has a slot");
    if (slots.has(run.id) && slots.get(run.id) !== run.node) say("slot and node disagree");

    const entry = queue.get(run.id);
    const lapsed = run.started_at === null && run.expires_at !== null && Date.parse(run.expires_at) <= Date.now();
    if (run.status === "QUEUED" && !betweenAttempts && entry === undefined && !lapsed) say("is not in the queue table");
    if (entry !== undefined && (run.status !== "QUEUED" || betweenAttempts)) say("is in the queue table");
    if (
      entry !== undefined &&
      (entry.queue !== run.queue || entry.concurrency_key !== (run.concurrency_key ?? "") || entry.env_id !== run.env_id)
    )
      say("stands in the wrong queue");

    const expects = (kind: string, at: string | null) => {
      const timer = timerOf(kind, run.id);
      if ((timer !== undefined) !== (at !== null)) say(at === null ? `has a ${kind} timer` : `has no ${kind} timer`);
      else if (timer !== undefined && timer.due_at !== at) say(`${kind} timer is due at ${timer.due_at}, not ${at}`);
    };
    expects("delay", run.status === "DELAYED" ? run.delay_until : null);
    expects("retry", final ? null : run.retry_at);
    expects("ttl", run.status === "QUEUED" && run.started_at === null ? run.expires_at : null);

    const own = journal.filter((row) => row.run_id === run.id && row.attempt === run.attempt);
    const open = own.filter((row) => row.open && (row.target !== null || row.kind === "waitUntil"));
    // An entry that was on its way may come after a cancel or a crash; retention takes it.
    if (run.status === "COMPLETED" && own.length > 0) say("keeps a journal");
    if (!final && run.pending_waits !== open.length) say(`pending_waits is ${run.pending_waits}, open operations are ${open.length}`);
    if (final && (run.pending_waits !== 0 || run.resume_due)) say("still waits for something");
    if ((run.status === "WAITING") !== (run.waiting_on !== null)) say(`waiting_on is ${run.waiting_on}`);
    if (run.status === "WAITING" && run.pending_waits === 0 && !run.resume_due) say("waits for nothing");
    for (const row of open) {
      if (row.kind === "waitUntil" && timerOf("wait", `${row.run_id}/${row.attempt}/${row.seq}`) === undefined)
        say(`wait ${row.seq} has no timer`);
      const target = row.target === null ? undefined : byId.get(row.target);
      if (target !== undefined && isFinal(target.status)) say(`waits for ${target.id}, which is ${target.status}`);
    }
    checkEvents(run, eventsOf.get(run.id) ?? [], say);
  }

  for (const [id] of slots) if (!byId.has(id)) found.push(`slot of unknown run ${id}`);
  for (const [id] of queue) if (!byId.has(id)) found.push(`queue entry of unknown run ${id}`);
  await checkBatches(db, byId, timerOf, found);
  await checkTokens(db, timerOf, found);
  await checkStats(db, runs, found);
  await checkSchedules(db, timers, found);
  await checkErrors(db, runs, found);
  // What another node has queued or resumed is counted at the next sweep only.
  const isAlone = nodes.length === 1;
  for (const node of nodes) checkMemory(node, { runs, slots, queue, isAlone }, found);
  return found;
}

function checkEvents(
  run: Row,
  events: readonly { version: number; type: RunEventType; attempt: number | null }[],
  say: (what: string) => void,
): void {
  if (events.length !== run.version || events.some((event, index) => event.version !== index + 1))
    say(`version ${run.version}, events ${events.map((event) => event.version).join()}`);
  const [first] = events;
  if (first?.type !== "created") say(`first event is ${first?.type}`);
  const last = events.findLast((event) => statusesAfter[event.type] !== undefined);
  if (last !== undefined && statusesAfter[last.type]?.includes(run.status) !== true) say(`last event is ${last.type}`);
  const endings = events.filter((event) => ends.has(event.type)).length;
  const bornDead = events.length === 1 && run.status === "SYSTEM_FAILURE";
  if (endings !== (isFinal(run.status) && !bornDead ? 1 : 0)) say(`has ended ${endings} times`);
  let attempt = 0;
  let delivered = false;
  for (const event of events) {
    if (event.type === "redelivered" || event.type === "parked" || event.type === "waiting") delivered = true;
    if (event.type !== "started" && event.type !== "dequeued") continue;
    const again = event.attempt === attempt && (delivered || event.type === "started");
    if (event.attempt !== attempt + 1 && !again) say(`attempt ${event.attempt} follows ${attempt}`);
    attempt = event.attempt ?? 0;
    delivered = false;
  }
}

async function checkBatches(
  db: Database,
  runs: ReadonlyMap<string, Row>,
  timerOf: (kind: string, ref: string) => unknown,
  found: string[],
): Promise<void> {
  const batches = await db.query<{
    id: string;
    status: string;
    sealed: boolean;
    run_count: number;
    finished_count: number;
    failed_items: number;
  }>("select * from batch");
  const items = await db.query<{ batch_id: string; index: number; run_id: string; done: boolean; error: string | null }>(
    "select * from batch_item",
  );
  for (const batch of batches) {
    const own = items.filter((item) => item.batch_id === batch.id);
    const done = own.filter((item) => item.done).length;
    if (batch.finished_count !== done) found.push(`${batch.id}: finished_count is ${batch.finished_count}, done items are ${done}`);
    if (batch.failed_items !== own.filter((item) => item.error !== null).length)
      found.push(`${batch.id}: failed_items is ${batch.failed_items}`);
    const complete = batch.sealed && done >= batch.run_count;
    const ended = batch.status === "COMPLETED" || batch.status === "PARTIAL_FAILED";
    if (complete !== ended) found.push(`${batch.id} is ${batch.status} with ${done} of ${batch.run_count}`);
    if ((batch.status === "PENDING") !== (timerOf("batch", batch.id) !== undefined))
      found.push(`${batch.id} is ${batch.status}; its timer disagrees`);
    for (const item of own) {
      const run = runs.get(item.run_id);
      if (run !== undefined && item.done !== isFinal(run.status))
        found.push(`${batch.id}[${item.index}]: done is ${item.done}, the run is ${run.status}`);
    }
  }
}

async function checkTokens(
  db: Database,
  timerOf: (kind: string, ref: string) => { due_at: string } | undefined,
  found: string[],
): Promise<void> {
  for (const token of await db.query<{
    id: string;
    status: string;
    timeout_at: string | null;
    completed_at: string | null;
    waiters: number;
  }>("select w.*, (select count(*) from run_journal j where j.target = w.id and j.outcome is null) as waiters from waitpoint w")) {
    const due = token.status === "WAITING" ? token.timeout_at : null;
    if ((timerOf("token", token.id)?.due_at ?? null) !== due) found.push(`${token.id} ${token.status}: its timer disagrees`);
    if ((token.status === "WAITING") !== (token.completed_at === null)) found.push(`${token.id} ${token.status}: completed_at disagrees`);
    if (token.status !== "WAITING" && token.waiters > 0)
      found.push(`${token.id} ${token.status}: ${token.waiters} operations still wait for it`);
  }
}

async function checkStats(db: Database, runs: readonly Row[], found: string[]): Promise<void> {
  const stats = new Map(
    (
      await db.query<{ env_id: string; status: string; n: number }>("select env_id, status, sum(count) as n from run_stat group by 1, 2")
    ).map((row) => [`${row.env_id} ${row.status}`, row.n]),
  );
  for (const env of new Set(runs.map((run) => run.env_id))) {
    const own = runs.filter((run) => run.env_id === env);
    const created = stats.get(`${env} created`) ?? 0;
    if (created !== own.length) found.push(`${env}: ${created} runs counted as created, ${own.length} there`);
    for (const status of new Set(own.map((run) => run.status).filter(isFinal))) {
      // An item that could not be triggered never ran; it is not counted as an end.
      const there = own.filter((run) => run.status === status && run.version > 1).length;
      const counted = stats.get(`${env} ${status}`) ?? 0;
      if (counted !== there) found.push(`${env}: ${counted} runs counted as ${status}, ${there} there`);
    }
  }
}

/** Each run that has failed is counted in one group, once. Retention takes the runs before their counts. */
async function checkErrors(db: Database, runs: readonly Row[], found: string[]): Promise<void> {
  const failed = new Set<RunStatus>(["FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT"]);
  for (const run of runs) {
    const bornDead = run.version === 1 && run.status === "SYSTEM_FAILURE";
    if ((run.error_id !== null) !== (failed.has(run.status) && !bornDead))
      found.push(`${run.id} ${run.status}: its error is ${run.error_id}`);
  }
  const groups = await db.query<{ env_id: string; id: string; count: number; hours: number }>(
    "select env_id, id, count, (select coalesce(sum(count), 0)::bigint from error_hour h where h.env_id = g.env_id and h.error_id = g.id) as hours from error_group g",
  );
  const counts = new Map(groups.map((group) => [`${group.env_id} ${group.id}`, group]));
  const there = new Map<string, number>();
  for (const run of runs)
    if (run.error_id !== null) there.set(`${run.env_id} ${run.error_id}`, (there.get(`${run.env_id} ${run.error_id}`) ?? 0) + 1);
  for (const [key, n] of there)
    if ((counts.get(key)?.count ?? 0) < n) found.push(`${key}: ${counts.get(key)?.count ?? 0} counted, ${n} runs there`);
  for (const [key, group] of counts) {
    if (group.hours !== group.count) found.push(`${key}: ${group.count} counted, ${group.hours} by the hour`);
    if (there.has(key) && there.get(key) !== group.count) found.push(`${key}: ${group.count} counted, ${there.get(key)} runs there`);
  }
}

function checkMemory(
  { engine, executor }: TestNode,
  tables: {
    runs: readonly Row[];
    slots: ReadonlyMap<string, string>;
    queue: ReadonlyMap<string, { env_id: string; queue: string }>;
    isAlone: boolean;
  },
  found: string[],
): void {
  const { scheduler, nodeId, env } = engine;
  const say = (what: string) => found.push(`${nodeId}: ${what}`);
  const held = new Set(scheduler.runsInSlots());
  for (const id of held) if (tables.slots.get(id) !== nodeId) say(`memory holds a slot for ${id}, the table does not`);
  for (const [id, node] of tables.slots) if (node === nodeId && !held.has(id)) say(`the table holds a slot for ${id}, memory does not`);
  const byId = new Map(tables.runs.map((run) => [run.id, run]));
  for (const live of engine.live.values()) {
    const run = byId.get(live.id);
    if (run === undefined || (isFinal(run.status) && !run.stopping)) say(`${live.id} is ${run?.status ?? "gone"} and still live`);
  }
  for (const id of executor.held.keys())
    if (isFinal(byId.get(id)?.status ?? "COMPLETED")) say(`the executor holds ${id}, which is ${byId.get(id)?.status}`);
  if (!tables.isAlone) return;
  const waiting = new Map<string, number>();
  for (const entry of tables.queue.values()) if (entry.env_id === env.id) waiting.set(entry.queue, (waiting.get(entry.queue) ?? 0) + 1);
  for (const name of new Set([...waiting.keys(), ...scheduler.depths().keys()])) {
    const counted = scheduler.depths().get(name)?.waiting ?? 0;
    if (counted !== (waiting.get(name) ?? 0)) say(`${counted} runs counted as waiting in ${name}, ${waiting.get(name) ?? 0} there`);
  }
  const own = tables.runs.filter((run) => run.env_id === env.id);
  const count = (status: RunStatus) => own.filter((run) => run.status === status).length;
  if (engine.counts.waiting !== count("WAITING")) say(`${engine.counts.waiting} counted as WAITING, ${count("WAITING")} there`);
  if (engine.counts.delayed !== count("DELAYED")) say(`${engine.counts.delayed} counted as DELAYED, ${count("DELAYED")} there`);
}

/** A schedule has the timer that it says, and each of its ticks one run. */
async function checkSchedules(
  db: Database,
  timers: readonly { kind: string; ref: string; due_at: string }[],
  found: string[],
): Promise<void> {
  const schedules = await db.query<{ id: string; due_at: string | null }>("select id, due_at from schedule");
  const due = new Map(schedules.flatMap(({ id, due_at: at }) => (at === null ? [] : [[id, at] as const])));
  for (const { ref, due_at: at } of timers.filter(({ kind }) => kind === "schedule")) {
    if (due.get(ref) !== at) found.push(`timer of schedule ${ref} is due at ${at}, not ${due.get(ref) ?? "at all"}`);
    due.delete(ref);
  }
  for (const id of due.keys()) found.push(`schedule ${id} has no timer`);
  const runs = await db.query<{ run_id: string; ticks: number }>(
    `select d.run_id, count(t.tick) as ticks from run_data d left join schedule_tick t on t.run_id = d.run_id
      where d.options like '%"scheduleId"%' group by d.run_id having count(t.tick) <> 1`,
  );
  for (const { run_id: id, ticks } of runs) found.push(`run ${id} is of ${ticks} ticks`);
}
