import type { RunStatus } from "@/lib/contracts/status";
import type { RunsQuery } from "@/lib/contracts/dashboard";
import { limits } from "@/lib/contracts/limits";
import type { Database } from "../../db/database";
import { encodeText } from "../../db/text";
import { notableStatuses } from "../triggering/insert-runs";

type Lists = Pick<Database, "lists">;
/** Adds a parameter and answers its name. */
type Param = (value: unknown) => string;

/** Above this many waiting runs, a QUEUED one is near the top of any list. */
const fewQueued = 1000;

/**
 * The condition that finds runs of these statuses by an index that holds few others: `notable`, the slots, the queue.
 * COMPLETED ones are dense, and found by going down the list.
 */
async function statusCondition(db: Lists, envId: string, statuses: readonly RunStatus[], param: Param): Promise<string> {
  if (statuses.every((status) => notableStatuses.includes(status)))
    return statuses.length === 1 ? `run.notable = ${param(statuses[0])}` : `run.notable = any(${param(statuses)})`;
  if (statuses.every((status) => status === "EXECUTING" || status === "DEQUEUED")) {
    return `run.id = any(array(select run_id from run_slot where env_id = $1)) and run.status = any(${param(statuses)})`;
  }
  if (statuses.length === 1 && statuses[0] === "QUEUED") {
    const [queue] = await db.lists<{ n: number }>("select count(*) as n from (select 1 from run_queue where env_id = $1 limit $2) q", [
      envId,
      fewQueued + 1,
    ]);
    const ids =
      "array(select run_id from run_queue where env_id = $1) || array(select id from run where env_id = $1 and notable = 'QUEUED')";
    if ((queue?.n ?? 0) <= fewQueued) return `run.id = any(${ids}) and run.status = 'QUEUED'`;
  }
  return `run.status = any(${param(statuses)})`;
}

/** A run that names no machine has that of its version's config; the versions that fit are looked up first. */
async function machineCondition(db: Lists, envId: string, presets: readonly string[], param: Param): Promise<string> {
  const versions = await db.lists<{ version: string; is_current: boolean }>(
    "select version, is_current from deployment where env_id = $1 and status = 'DEPLOYED' and coalesce(manifest::json #>> '{config,machine}', 'small-1x') = any($2)",
    [envId, presets],
  );
  const named = presets.length === 1 ? `run.machine = ${param(presets[0])}` : `run.machine = any(${param(presets)})`;
  if (versions.length === 0) return named;
  const theirs = `run.deployment = any(${param(versions.map(({ version }) => version))})`;
  return `(${named} or run.machine is null and ${versions.some((version) => version.is_current) ? `(run.deployment is null or ${theirs})` : theirs})`;
}

/** The queue of a task has the runs of that task, and where a trigger has named it those of others, which are few and have an index. */
async function queueCondition(db: Lists, envId: string, queues: readonly string[], param: Param): Promise<string> {
  const isShared = "run.queue <> 'task/' || run.task";
  const [others] = await db.lists("select from run where env_id = $1 and queue = any($2) and queue <> 'task/' || task limit 1", [
    envId,
    queues,
  ]);
  const tasks = queues.flatMap((queue) => (queue.startsWith("task/") ? [queue.slice("task/".length)] : []));
  const list = (column: string, values: readonly string[]) =>
    values.length === 1 ? `${column} = ${param(values[0])}` : `${column} = any(${param(values)})`;
  if (others === undefined) return tasks.length === 0 ? "false" : `${list("run.task", tasks)} and ${list("run.queue", queues)}`;
  if (tasks.length === 0) return `${list("run.queue", queues)} and ${isShared}`;
  return list("run.queue", queues);
}

/** What the API's lists ask for beyond those of the dashboard. */
export interface RunConditions extends Omit<RunsQuery, "limit" | "cursor"> {
  region?: string[];
  anyBulk?: string[];
  anyError?: string[];
}

/** So few runs with a tag, or in a region, are looked up by it, whatever else is asked for. */
const few = 1000;
const fewInRegion = 10_000;
const isTagged = "select run_id from run_tag where env_id = $1 and tag";

const isIn = (regions: string) =>
  `strpos(d.options, '"region":"') > 0 and substring(d.options from '"region":("(?:[^"\\\\]|\\\\.)*")') = any(${regions})`;

/** The tag that fewest runs have, counted up to the bound: it finds the runs, the others are looked for in them. */
async function rarestTag(db: Lists, envId: string, tags: readonly string[]): Promise<{ tag: string; isRare: boolean } | null> {
  const [rarest] = await db.lists<{ tag: string; n: number }>(
    `select tag, n from unnest($2::text[]) as tag, lateral (select count(*) as n from (select from run_tag t where t.env_id = $1 and t.tag = tag.tag limit ${few}) found) counted order by n limit 1`,
    [envId, tags],
  );
  return rarest === undefined ? null : { tag: rarest.tag, isRare: rarest.n < few };
}

/** A part of an id has no index, nor has what runs have become: such a condition is looked for among the newest runs. */
const unindexed = [
  "notStatus",
  "notTask",
  "notTag",
  "notQueue",
  "notVersion",
  "startedFrom",
  "startedTo",
  "finishedFrom",
  "finishedTo",
  "longerThan",
  "shorterThan",
  "attemptsOver",
  "attemptsUnder",
] as const;
const needsBound = (query: RunConditions) =>
  query.id?.startsWith("*") === true || unindexed.some((field) => query[field] !== undefined && [query[field]].flat().length > 0);

const newestRuns = (to: string | undefined) =>
  `select id, created_at from run where env_id = $1 ${to === undefined ? "" : `and created_at <= ${to}`} order by created_at desc, id desc`;

/** `like` pattern of a text that stands somewhere. */
const containing = (text: string) => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

const took = "coalesce(run.finished_at, now()) - run.started_at";

/** The runs that it canceled, and those that it made. */
const runsOfBulk = (ids: string) =>
  `run.id = any(array(select coalesce(made, run_id) from bulk_item where bulk_id = any(${ids}) and outcome = 'done'))`;

/** Runs that a filter finds, for a statement: `from … where …`, and the columns that order them in time and have an index. */
export interface Selection {
  from: string;
  /** The same among the rows of a subquery. */
  fromAmong(runs: string): string;
  where: string[];
  params: unknown[];
  createdAt: string;
  id: string;
}

/** Filters that have an index of their own, or few runs. */
const narrowing = [
  "version",
  "machine",
  "region",
  "schedule",
  "error",
  "anyError",
  "bulk",
  "anyBulk",
  "batch",
  "parent",
  "root",
  "isTest",
  "id",
] as const;

/**
 * What a filter asks of rows of `run`: conditions to be joined by `and`, and their parameters, of which the first is the environment.
 * The most telling one has an index: a list, a count and a bulk action find the same runs the same way.
 */
export async function runConditions(db: Lists, envId: string, query: RunConditions): Promise<Selection> {
  const params: unknown[] = [envId];
  const where = ["run.env_id = $1"];
  const add = (condition: (param: string) => string, value: unknown) => {
    params.push(value);
    where.push(condition(`$${params.length}`));
  };
  const list = (column: string, values: readonly string[] | undefined) => {
    const [only] = values ?? [];
    if (values === undefined || only === undefined) return;
    if (values.length === 1) add((p) => `${column} = ${p}`, only);
    else add((p) => `${column} = any(${p})`, values);
  };
  if (query.status !== undefined && query.status.length > 0) {
    const asks = query.status.includes("NEEDS_ANSWER") && !query.status.includes("WAITING");
    const statuses = [...new Set(query.status.map((status) => (status === "NEEDS_ANSWER" ? "WAITING" : status)))];
    where.push(await statusCondition(db, envId, statuses, (value) => `$${params.push(value)}`));
    if (asks) where.push("(run.status <> 'WAITING' or run.waiting_on = 'token')");
  }
  list("run.task", query.task);
  if (query.queue !== undefined && query.queue.length > 0)
    where.push(await queueCondition(db, envId, query.queue, (value) => `$${params.push(value)}`));
  const tags = query.tag ?? [];
  const rarest = tags.length === 0 ? null : await rarestTag(db, envId, tags);
  // A tag that many have gives the order of the list, unless something else is likely to find fewer.
  const tag = rarest !== null && (rarest.isRare || narrowing.every((key) => query[key] === undefined)) ? rarest.tag : undefined;
  if (tag !== undefined) add((p) => `t.env_id = $1 and t.tag = ${p}`, tag);
  if (tags.length > (tag === undefined ? 0 : 1)) add((p) => `run.tags @> ${p}::text[]`, tags);
  if (query.anyTag !== undefined && query.anyTag.length > 0) {
    const [counted] = await db.lists<{ n: number }>(`select count(*) as n from (${isTagged} = any($2) limit ${few}) found`, [
      envId,
      query.anyTag,
    ]);
    if ((counted?.n ?? 0) < few) add((p) => `run.id = any(array(${isTagged} = any(${p})))`, query.anyTag);
    else add((p) => `run.tags && ${p}::text[]`, query.anyTag);
  }
  // As it stands in the text of the options: parsing it would fail at what JSON holds and text does not.
  if (query.region !== undefined && query.region.length > 0) {
    const regions = query.region.map((region) => JSON.stringify(region));
    const [counted] = await db.lists<{ n: number }>(
      `select count(*) as n from (select from run_data d where ${isIn("$1")} limit ${fewInRegion}) found`,
      [regions],
    );
    add(
      (p) =>
        (counted?.n ?? 0) < fewInRegion
          ? `run.id = any(array(select run_id from run_data d where ${isIn(p)}))`
          : `exists (select from run_data d where d.run_id = run.id and ${isIn(p)})`,
      regions,
    );
  }
  if (query.schedule !== undefined && query.schedule.length > 0) {
    add(
      (p) =>
        `run.id in (select run_id from schedule_tick where env_id = $1 and schedule_id = any(${p}) and run_id is not null order by tick desc limit 100000)`,
      query.schedule,
    );
  }
  list("run.error_id", query.anyError ?? (query.error === undefined ? undefined : [query.error]));
  const bulk = query.anyBulk ?? (query.bulk === undefined ? [] : [query.bulk]);
  if (bulk.length > 0) add(runsOfBulk, bulk);
  if (query.batch !== undefined) add((p) => `run.batch_id = ${p}`, query.batch);
  if (query.parent !== undefined) add((p) => `run.parent_id = ${p}`, query.parent);
  if (query.root !== undefined) add((p) => `run.root_id = ${p}`, query.root);
  if (query.rootOnly === true) where.push("run.parent_id is null");
  list("run.deployment", query.version);
  const none = (condition: (param: string) => string, values: readonly string[] | undefined) => {
    if (values !== undefined && values.length > 0) add(condition, values);
  };
  none(
    (p) => `run.status <> all(${p})`,
    query.notStatus?.filter((status) => status !== "NEEDS_ANSWER"),
  );
  if (query.notStatus?.includes("NEEDS_ANSWER") === true)
    where.push("(run.status <> 'WAITING' or run.waiting_on is distinct from 'token')");
  none((p) => `run.task <> all(${p})`, query.notTask);
  none((p) => `run.queue <> all(${p})`, query.notQueue);
  none((p) => `not run.tags && ${p}::text[]`, query.notTag);
  none((p) => `(run.deployment is null or run.deployment <> all(${p}))`, query.notVersion);
  if (query.startedFrom !== undefined) add((p) => `run.started_at >= ${p}`, query.startedFrom);
  if (query.startedTo !== undefined) add((p) => `run.started_at <= ${p}`, query.startedTo);
  if (query.finishedFrom !== undefined) add((p) => `run.finished_at >= ${p}`, query.finishedFrom);
  if (query.finishedTo !== undefined) add((p) => `run.finished_at <= ${p}`, query.finishedTo);
  if (query.longerThan !== undefined) add((p) => `${took} > ${p}::float8 * interval '1 ms'`, query.longerThan);
  if (query.shorterThan !== undefined) add((p) => `${took} < ${p}::float8 * interval '1 ms'`, query.shorterThan);
  if (query.attemptsOver !== undefined) add((p) => `run.attempt > ${p}::int`, query.attemptsOver);
  if (query.attemptsUnder !== undefined) add((p) => `run.attempt < ${p}::int`, query.attemptsUnder);
  if (query.machine !== undefined && query.machine.length > 0)
    where.push(await machineCondition(db, envId, query.machine, (value) => `$${params.push(value)}`));
  if (query.isTest !== undefined) add((p) => `run.is_test = ${p}`, query.isTest);
  const createdAt = tag === undefined ? "run.created_at" : "t.created_at";
  if (query.from !== undefined) add((p) => `${createdAt} >= ${p}`, query.from);
  if (query.to !== undefined) add((p) => `${createdAt} <= ${p}`, query.to);
  const to = query.to === undefined ? undefined : `$${params.length}`;
  if (query.text !== undefined) {
    const newest = `$${params.push(limits.searchedPayloads)}`;
    add(
      (p) =>
        `run.id in (select d.run_id from (${newestRuns(to)} limit ${newest}) newest join run_data d on d.run_id = newest.id where d.payload ilike ${p})`,
      containing(encodeText(query.text)),
    );
  }
  if (needsBound(query))
    add(
      (p) => `run.created_at >= coalesce((select created_at from (${newestRuns(to)} offset ${p} limit 1) oldest), '-infinity')`,
      limits.searchedRuns,
    );
  if (query.id?.startsWith("*") === true) add((p) => `run.id like ${p}`, containing(query.id.slice(1)).slice(0, -1));
  else if (query.id !== undefined) {
    add((p) => `run.id >= ${p}`, query.id);
    add((p) => `run.id < ${p}`, `${query.id}\u{10ffff}`);
  }
  const fromAmong = (runs: string) => (tag === undefined ? runs : `run_tag t join ${runs} on run.id = t.run_id`);
  return { from: fromAmong("run"), fromAmong, where, params, createdAt, id: tag === undefined ? "run.id" : "t.run_id" };
}
