import type { OperationOutcome, RunResult, TokenResult } from "@/lib/contracts/ipc";
import { TaskRunError } from "@/lib/contracts/error";
import { finalStatuses, type RunStatus } from "@/lib/contracts/status";
import type { TokenStatus } from "@/lib/contracts/token";
import type { Query } from "../../db/database";
import { decodeText } from "../../db/text";
import type { Engine } from "../engine";
import { resumeRuns } from "./resume";
import { settleWaiters } from "./waiters";

interface EndedRun {
  id: string;
  status: RunStatus;
  output: string | null;
  output_type: string | null;
  error: string | null;
}

export async function resultsOf(query: Query, runIds: readonly string[]): Promise<Map<string, RunResult>> {
  const rows = await query<EndedRun>(
    `select r.id, r.status, coalesce(r.output, d.output) as output, coalesce(r.output_type, d.output_type) as output_type, d.error
       from run r join run_data d on d.run_id = r.id where r.id = any($1) and r.status = any($2)`,
    [runIds, finalStatuses],
  );
  return new Map(rows.map((row) => [row.id, resultOf(row)]));
}

function resultOf(run: EndedRun): RunResult {
  if (run.status === "COMPLETED") {
    return {
      ok: true,
      id: run.id,
      output: { data: run.output === null ? null : decodeText(run.output), dataType: run.output_type ?? "application/json" },
    };
  }
  const error: TaskRunError =
    run.error === null
      ? { type: "INTERNAL_ERROR", code: "UNSPECIFIED_ERROR", message: `The run ended as ${run.status}.` }
      : TaskRunError.parse(JSON.parse(decodeText(run.error)));
  return { ok: false, id: run.id, error };
}

/**
 * Settles what waits for runs that had ended before somebody began to wait. `for share` waits for an end that is being
 * committed: of the two, one sees the other.
 */
export async function settleFinal(engine: Engine, runIds: readonly string[]): Promise<void> {
  const parents = await engine.db.transaction(async (query) => {
    await query("select id from run where id = any($1) order by id for share", [runIds]);
    const woken: string[] = [];
    for (const [id, result] of await resultsOf(query, runIds)) woken.push(...(await settleWaiters(query, id, { ok: true, value: result })));
    return woken;
  });
  if (parents.length > 0) await resumeRuns(engine, parents);
}

/** Settles what waits for a token that has been answered. False: there is no such token here. */
export async function settleToken(engine: Engine, tokenId: string): Promise<boolean> {
  const parents = await engine.db.transaction(async (query) => {
    const [token] = await query<{ status: TokenStatus; output: string | null; output_type: string | null }>(
      "select status, output, output_type from waitpoint where id = $1 and env_id = $2 for share",
      [tokenId, engine.env.id],
    );
    if (token === undefined) return null;
    return token.status === "WAITING" ? [] : settleWaiters(query, tokenId, tokenOutcome(token));
  });
  if (parents !== null && parents.length > 0) await resumeRuns(engine, parents);
  return parents !== null;
}

export function tokenOutcome(token: { status: TokenStatus; output: string | null; output_type: string | null }): OperationOutcome {
  const value: TokenResult =
    token.status === "TIMED_OUT"
      ? { ok: false, status: token.status, message: timeoutMessage }
      : {
          ok: true,
          status: token.status,
          output: { data: token.output === null ? null : decodeText(token.output), dataType: token.output_type ?? "application/json" },
        };
  return { ok: true, value };
}

export const timeoutMessage = "The wait token timed out before it was completed.";
