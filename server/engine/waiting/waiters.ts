import { z } from "zod";
import type { TaskRunError } from "@/lib/contracts/error";
import { OperationOutcome as OperationOutcomeSchema, PacketData, type OperationOutcome } from "@/lib/contracts/ipc";
import type { Query } from "../../db/database";
import { decodeText, encodeText } from "../../db/text";
import type { Engine } from "../engine";
import { PacketMissing, resolvePacket } from "../packets";

/** Runs are locked before their journals, in order of id, as everywhere: else two statements could wait for each other. */
const settleSql = `
with l as materialized (
  select id from run where id = any(array(select run_id from run_journal where target = $1 and outcome is null)) order by id for no key update
),
w as (update run_journal set outcome = $2 where target = $1 and outcome is null and (select count(*) from l) >= 0 returning run_id, attempt, kind),
p as (
  update run set pending_waits = greatest(run.pending_waits - w.n, 0), resume_due = true
    from (select run_id, attempt, count(*) filter (where kind not in ('nextInput', 'hearInput')) as n from w group by 1, 2) w
   where run.id = w.run_id and run.attempt = w.attempt and run.status in ('EXECUTING', 'DEQUEUED', 'WAITING', 'QUEUED')
  returning run.id
)
select id from p`;

/** Gives every operation that waits for `target` its outcome. Answers the runs that have something to go on with. */
export async function settleWaiters(query: Query, target: string, outcome: OperationOutcome): Promise<string[]> {
  const rows = await query<{ id: string }>(settleSql, [target, encodeText(JSON.stringify(outcome))]);
  return rows.map((row) => row.id);
}

const settleOneSql = `
with l as materialized (select id from run where id = $1 for no key update),
w as (
  update run_journal set outcome = $4 where run_id = $1 and attempt = $2 and seq = $3 and outcome is null and (select count(*) from l) >= 0 returning run_id, kind
),
tm as (delete from run_timer where kind = 'wait' and ref = $5),
p as (
  update run set pending_waits = greatest(run.pending_waits - (select count(*) from w where kind <> 'nextInput'), 0), resume_due = true
   where id = (select run_id from w) and attempt = $2 and status in ('EXECUTING', 'DEQUEUED', 'WAITING', 'QUEUED')
  returning run.id
)
select id from p`;

export const waitRef = (runId: string, attempt: number, seq: number): string => `${runId}/${attempt}/${seq}`;

type SharedQuery = (sql: string, params: readonly (string | number)[]) => Promise<{ id: string }[]>;

/** The same for one operation. */
export async function settleOperation(
  query: SharedQuery,
  of: { runId: string; attempt: number; seq: number },
  outcome: OperationOutcome,
): Promise<string[]> {
  const rows = await query(settleOneSql, [
    of.runId,
    of.attempt,
    of.seq,
    encodeText(JSON.stringify(outcome)),
    waitRef(of.runId, of.attempt, of.seq),
  ]);
  return rows.map((row) => row.id);
}

const withOutput = z.looseObject({ output: PacketData });
const withItems = z.looseObject({ items: z.array(z.looseObject({ id: z.string(), output: PacketData.optional() })) });

/** An outcome as a worker gets it: outputs that are kept in the packet store come with their content. */
export async function readOutcome(engine: Engine, text: string): Promise<OperationOutcome> {
  const outcome = OperationOutcomeSchema.parse(JSON.parse(decodeText(text)));
  if (!outcome.ok) return outcome;
  const single = withOutput.safeParse(outcome.value);
  if (single.success) return { ok: true, value: await withContent(engine, single.data) };
  const many = withItems.safeParse(outcome.value);
  if (!many.success) return outcome;
  return { ok: true, value: { ...many.data, items: await Promise.all(many.data.items.map((item) => withContent(engine, item))) } };
}

/** A result whose output has gone from the packet store is a failed one: who waits for it must not wait for ever. */
async function withContent(engine: Engine, result: { output?: PacketData | undefined }): Promise<unknown> {
  if (result.output === undefined) return result;
  try {
    return { ...result, output: await resolvePacket(engine.packets, result.output) };
  } catch (error) {
    if (!(error instanceof PacketMissing)) throw error;
    const failure: TaskRunError = { type: "INTERNAL_ERROR", code: "TASK_OUTPUT_ERROR", message: error.message };
    return { ...result, ok: false, output: undefined, message: error.message, error: failure };
  }
}
