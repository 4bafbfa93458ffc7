import type { RunStatus } from "@/lib/contracts/status";
import type { RunsQuery } from "@/lib/contracts/dashboard";
import type { Database } from "../../db/database";
import { notableStatuses } from "../triggering/insert-runs";

/** Above this many waiting runs, a QUEUED one is near the top of any list. */
const fewQueued = 1000;

/**
 * The condition that finds runs of these statuses by an index that holds few others: `notable`, the slots, the queue.
 * COMPLETED ones are dense, and found by going down the list.
 */
async function statusCondition(db: Pick<Database, "lists">, envId: string, statuses: readonly RunStatus[], param: (value: unknown) => string): Promise<string> {
  if (statuses.every((status) => notableStatuses.includes(status))) return statuses.length === 1 ? `run.notable = ${param(statuses[0])}` : `run.notable = any(${param(statuses)})`;
  if (statuses.every((status) => status === "EXECUTING" || status === "DEQUEUED")) {
    return `run.id = any(array(select run_id from run_slot where env_id = $1)) and run.status = any(${param(statuses)})`;
  }
  if (statuses.length === 1 && statuses[0] === "QUEUED") {
    const [queue] = await db.lists<{ n: number }>("select count(*) as n from (select 1 from run_queue where env_id = $1 limit $2) q", [envId, fewQueued + 1]);
    const ids = "array(select run_id from run_queue where env_id = $1) || array(select id from run where env_id = $1 and notable = 'QUEUED')";
    if ((queue?.n ?? 0) <= fewQueued) return `run.id = any(${ids}) and run.status = 'QUEUED'`;
  }
  return `run.status = any(${param(statuses)})`;
}

/** A run that names no machine has that of its version's config; the versions that fit are looked up once. */
const machineCondition = (presets: string) => `(run.machine = any(${presets}) or run.machine is null
  and coalesce(run.deployment, (select version from deployment where env_id = $1 and is_current))
    = any(array(select version from deployment where env_id = $1 and coalesce(manifest::json #>> '{config,machine}', 'small-1x') = any(${presets}))))`;

/** What the API's lists ask for beyond those of the dashboard. */
export interface RunConditions extends Omit<RunsQuery, "limit" | "cursor"> {
  anyTag?: string[];
  region?: string[];
  schedule?: string[];
  anyBulk?: string[];
  anyError?: string[];
}

const runsTagged = (tags: string) => `run.id in (select run_id from run_tag where env_id = $1 and tag ${tags} order by created_at desc, run_id desc limit 100000)`;

/** The runs that it canceled, and those that it made. */
const runsOfBulk = (ids: string) => `run.id = any(array(select coalesce(made, run_id) from bulk_item where bulk_id = any(${ids}) and outcome = 'done'))`;

/**
 * What a filter asks of rows of `run`: conditions to be joined by `and`, and their parameters, of which the first is the environment.
 * The most telling one has an index: a list, a count and a bulk action find the same runs the same way.
 */
export async function runConditions(db: Pick<Database, "lists">, envId: string, query: RunConditions): Promise<{ where: string[]; params: unknown[] }> {
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
  list("run.queue", query.queue);
  const [tag, ...otherTags] = query.tag ?? [];
  // One tag finds the runs, the others are looked for in them: more tags are no more work.
  if (tag !== undefined) add((p) => runsTagged(`= ${p}`), tag);
  if (otherTags.length > 0) add((p) => `run.tags @> ${p}::text[]`, otherTags);
  if (query.anyTag !== undefined && query.anyTag.length > 0) add((p) => runsTagged(`= any(${p})`), query.anyTag);
  // Looked for in the text of the options as it was written: parsing it would fail at what JSON holds and text does not.
  if (query.region !== undefined && query.region.length > 0) {
    add((p) => `exists (select from run_data d, unnest(${p}::text[]) as part where d.run_id = run.id and strpos(d.options, part) > 0)`, query.region.map((region) => `"region":${JSON.stringify(region)}`));
  }
  if (query.schedule !== undefined) {
    add((p) => `run.id in (select run_id from schedule_tick where env_id = $1 and schedule_id = any(${p}) and run_id is not null order by tick desc limit 100000)`, query.schedule);
  }
  list("run.error_id", query.anyError ?? (query.error === undefined ? undefined : [query.error]));
  const bulk = query.anyBulk ?? (query.bulk === undefined ? [] : [query.bulk]);
  if (bulk.length > 0) add(runsOfBulk, bulk);
  if (query.batch !== undefined) add((p) => `run.batch_id = ${p}`, query.batch);
  if (query.parent !== undefined) add((p) => `run.parent_id = ${p}`, query.parent);
  if (query.root !== undefined) add((p) => `run.root_id = ${p}`, query.root);
  if (query.rootOnly === true) where.push("run.parent_id is null");
  list("run.deployment", query.version);
  if (query.machine !== undefined && query.machine.length > 0) add(machineCondition, query.machine);
  if (query.isTest !== undefined) add((p) => `run.is_test = ${p}`, query.isTest);
  if (query.from !== undefined) add((p) => `run.created_at >= ${p}`, query.from);
  if (query.to !== undefined) add((p) => `run.created_at <= ${p}`, query.to);
  if (query.id !== undefined) {
    add((p) => `run.id >= ${p}`, query.id);
    add((p) => `run.id < ${p}`, `${query.id}\u{10ffff}`);
  }
  return { where, params };
}
