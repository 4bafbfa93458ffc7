import { isWait, type Operation, type OperationOutcome } from "@/lib/contracts/ipc";
import type { Query } from "../../db/database";
import { isConnectionError, Unavailable } from "../../db/errors";
import { encodeText } from "../../db/text";
import { triggerBatch } from "../batches/batch";
import { settleBatch } from "../batches/batch-complete";
import type { Engine, LiveRun } from "../engine";
import { EngineError } from "../error";
import { checkKey, type ParentOperation } from "../triggering/prepare-run";
import { completeToken, createToken } from "../waiting/token";
import { trigger } from "../triggering/trigger";
import { askForInput, sendInput } from "../waiting/input";
import { firstOfKey } from "../waiting/key-of-wait";
import { blockRun, kindOfWait } from "../waiting/wait";
import { settleFinal, settleToken } from "../waiting/settle";
import { readOutcome, waitRef } from "../waiting/waiters";

export interface OperationMessage {
  runId: string;
  epoch: number;
  seq: number;
  fingerprint: string;
  operation: Operation;
  usageMs: number;
}

/**
 * Makes an SDK operation of a run and puts it in the attempt's journal, in the same commit as its effect where it has one.
 * The outcome goes to the process at once, or when the wait is over. What an older epoch asks for is not done.
 * Throws when the database is away: called again with the same message it does what is not done yet, and that once.
 */
export async function performOperation(engine: Engine, message: OperationMessage): Promise<void> {
  const live = engine.live.get(message.runId);
  if (live === undefined || live.epoch !== message.epoch) return;
  const isAgain = live.open.has(message.seq);
  live.open.add(message.seq);
  live.operated = true;
  let outcome: OperationOutcome | "waiting";
  try {
    const known = isAgain ? await knownOutcome(engine, live, message) : null;
    outcome = known ?? (await perform(engine, live, message));
  } catch (error) {
    // What became of it is not known; the code that asked must not be told that it failed.
    if (error instanceof Unavailable || isConnectionError(error)) throw error;
    outcome = { ok: false, error: refusal(engine, error) };
  }
  if (outcome === "waiting") return;
  if (live.open.delete(message.seq)) engine.executor?.deliver(message.runId, message.epoch, message.seq, outcome);
}

/** What the journal knows of an operation that is asked for again. Null: nothing, it was not made. */
async function knownOutcome(engine: Engine, live: LiveRun, message: OperationMessage): Promise<OperationOutcome | "waiting" | null> {
  const [entry] = await engine.db.query<{ outcome: string | null }>(
    "select outcome from run_journal where run_id = $1 and attempt = $2 and seq = $3",
    [live.id, live.attempt, message.seq],
  );
  if (entry === undefined) return null;
  if (entry.outcome !== null) return readOutcome(engine, entry.outcome);
  if (isWait(message.operation)) await block(engine, message, {});
  return "waiting";
}

function refusal(engine: Engine, error: unknown): { status: number; message: string } {
  if (error instanceof EngineError) return { status: error.status, message: error.message };
  engine.log.error("an operation failed", { error: String(error) });
  return { status: 503, message: "The server could not carry out the operation; it may be tried again." };
}

async function perform(engine: Engine, live: LiveRun, message: OperationMessage): Promise<OperationOutcome | "waiting"> {
  const { operation } = message;
  switch (operation.kind) {
    case "trigger": {
      const isAdopted = operation.adopted === true;
      const receipt = await trigger(
        engine,
        { ...operation, triggerFunction: isAdopted ? "triggerAndWait" : "trigger" },
        parentOf(live, message, isAdopted ? "later" : "never"),
      );
      const outcome: OperationOutcome = { ok: true, value: { ...receipt, taskIdentifier: operation.task } };
      if (receipt.isCached) await writeJournal(engine, live, message, { outcome });
      return outcome;
    }
    case "triggerAndWait": {
      const receipt = await trigger(engine, { ...operation, triggerFunction: "triggerAndWait" }, parentOf(live, message, "now"));
      if (receipt.isCached) {
        await writeJournal(engine, live, message, { target: receipt.id });
        await settleFinal(engine, [receipt.id]);
      }
      await block(engine, message, { runId: receipt.id, isCached: receipt.isCached });
      return "waiting";
    }
    case "batchTrigger": {
      const batch = await triggerBatch(
        engine,
        operation,
        parentOf(live, message, operation.wait ? "now" : operation.adopted === true ? "later" : "never"),
      );
      if (!operation.wait) return { ok: true, value: batch };
      await block(engine, message, { batchId: batch.id, runCount: batch.runCount });
      return "waiting";
    }
    case "waitForRun": {
      await writeJournal(engine, live, message, { target: operation.runId });
      await settleFinal(engine, [operation.runId]);
      await block(engine, message, { runId: operation.runId });
      return "waiting";
    }
    case "waitForBatch": {
      await writeJournal(engine, live, message, { target: operation.batchId });
      await settleBatch(engine, operation.batchId);
      await block(engine, message, { batchId: operation.batchId, runCount: operation.runCount });
      return "waiting";
    }
    case "waitUntil": {
      const { idempotencyKey, idempotencyKeyTTL, durationMs } = operation;
      if (idempotencyKey !== undefined) checkKey(idempotencyKey, "idempotencyKey");
      const date = durationMs === undefined ? operation.date : new Date(engine.clock.now() + durationMs).toISOString();
      const until =
        idempotencyKey === undefined
          ? date
          : await firstOfKey(engine, { kind: "wait", key: idempotencyKey, ttl: idempotencyKeyTTL, ref: date });
      if (Date.parse(until) <= engine.clock.now()) {
        const outcome: OperationOutcome = { ok: true, value: null };
        await writeJournal(engine, live, message, { outcome });
        return outcome;
      }
      // Asked for together they share a commit, in this order.
      await Promise.all([writeJournal(engine, live, message, { until }), block(engine, message, { until })]);
      engine.timers.expect(Date.parse(until));
      return "waiting";
    }
    case "waitForToken": {
      await writeJournal(engine, live, message, { target: operation.tokenId });
      if (!(await settleToken(engine, operation.tokenId))) {
        await forget(engine, live, message);
        throw new EngineError(404, `Wait token ${operation.tokenId} not found in this environment.`);
      }
      await block(engine, message, { tokenId: operation.tokenId });
      return "waiting";
    }
    case "createToken": {
      let outcome: OperationOutcome = { ok: true, value: null };
      // In one commit: a crash between the two would leave a token that nobody waits for, and make another on resuming.
      await createToken(engine, operation.options, {
        runId: live.id,
        async alongside(query, { token, isCached }) {
          outcome = {
            ok: true,
            value: { id: token.id, isCached, url: engine.tokenUrl(token.id), publicAccessToken: engine.tokenAccess(token.id) },
          };
          await journalWith(query, live, message, { outcome });
        },
      });
      return outcome;
    }
    case "completeToken": {
      await completeToken(engine, operation.tokenId, operation.output, { by: `run ${live.id}` });
      const outcome: OperationOutcome = { ok: true, value: { success: true } };
      await writeJournal(engine, live, message, { outcome });
      return outcome;
    }
    case "waitForInput":
    case "nextInput":
    case "hearInput": {
      const outcome = await askForInput(engine, live.id, operation, (query, entry) => journalWith(query, live, message, entry));
      if (outcome !== null) return outcome;
      if (operation.kind === "waitForInput")
        await block(engine, message, { streamId: operation.streamId, ...(operation.tags && { tags: operation.tags }) });
      return "waiting";
    }
    case "sendInput": {
      const { runId, streamId, data } = operation;
      await sendInput(engine, { runId, streamId, data, writer: `operation/${waitRef(live.id, live.attempt, message.seq)}` });
      const outcome: OperationOutcome = { ok: true, value: { success: true } };
      await writeJournal(engine, live, message, { outcome });
      return outcome;
    }
  }
}

function block(engine: Engine, message: OperationMessage, data: Record<string, unknown>): Promise<void> {
  return blockRun(engine, {
    runId: message.runId,
    epoch: message.epoch,
    kind: kindOfWait(message.operation.kind),
    usageMs: message.usageMs,
    data,
  });
}

function parentOf(live: LiveRun, message: OperationMessage, waits: "now" | "later" | "never"): ParentOperation {
  const run = live.stored;
  return {
    runId: live.id,
    epoch: live.epoch,
    attempt: live.attempt,
    seq: message.seq,
    kind: message.operation.kind,
    fingerprint: message.fingerprint,
    waits: waits === "now",
    adopts: waits !== "never",
    depth: run.depth,
    rootId: run.root_id ?? run.id,
    isTest: run.is_test,
    deployment: run.deployment,
    queueMs: Date.parse(run.queue_at),
  };
}

/** Run again after a lost connection it changes nothing, and answers the same. */
const journalSql = `
with p as materialized (select id, env_id from run where id = $1 and epoch = $2 and status in ('EXECUTING', 'WAITING', 'QUEUED') for no key update),
j as (
  insert into run_journal (run_id, attempt, seq, kind, fingerprint, target, outcome) select id, $3, $4, $5, $6, $8, $7 from p on conflict do nothing
  returning run_id, kind, outcome
),
u as (update run set pending_waits = pending_waits + 1 where id = any(array(select run_id from j where outcome is null and kind not in ('nextInput', 'hearInput')))),
t as (
  insert into run_timer (env_id, kind, ref, due_at) select env_id, 'wait', $10, $9::timestamptz from p where $9::text is not null and exists (select from j) on conflict do nothing
)
select id from p`;

interface Entry {
  outcome?: OperationOutcome;
  target?: string;
  until?: string;
}

/** Notes an operation that has its outcome, or that waits for `target` or `until`. */
async function writeJournal(engine: Engine, live: LiveRun, message: OperationMessage, entry: Entry): Promise<void> {
  const rows = await engine.shared.query(live.id, journalSql, journalParameters(live, message, entry));
  if (rows.length === 0) throw changedHands();
}

async function journalWith(query: Query, live: LiveRun, message: OperationMessage, entry: Entry): Promise<void> {
  const rows = await query(journalSql, journalParameters(live, message, entry));
  if (rows.length === 0) throw changedHands();
}

const changedHands = () => new EngineError(409, "The run has changed hands.");

function journalParameters(live: LiveRun, message: OperationMessage, entry: Entry): (string | number | null)[] {
  return [
    live.id,
    live.epoch,
    live.attempt,
    message.seq,
    message.operation.kind,
    message.fingerprint,
    entry.outcome === undefined ? null : encodeText(JSON.stringify(entry.outcome)),
    entry.target ?? null,
    entry.until ?? null,
    waitRef(live.id, live.attempt, message.seq),
  ];
}

async function forget(engine: Engine, live: LiveRun, message: OperationMessage): Promise<void> {
  await engine.db.query(
    `with l as materialized (select from run where id = $1 for no key update),
     j as (delete from run_journal where run_id = $1 and attempt = $2 and seq = $3 and outcome is null and (select count(*) from l) >= 0 returning run_id)
     update run set pending_waits = greatest(pending_waits - 1, 0) where id = (select run_id from j)`,
    [live.id, live.attempt, message.seq],
  );
}
