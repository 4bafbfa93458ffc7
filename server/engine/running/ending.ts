import type { OperationOutcome, RunResult } from "@/lib/contracts/ipc";
import { describeError } from "@/lib/contracts/error";
import type { Packet } from "@/lib/contracts/run";
import { encodeText } from "../../db/text";
import type { Finish } from "../loops";
import type { StoredRun } from "../run-row";

/** An end on its way into a statement. `known`: the row as this process last saw it, for the plain one. */
export interface Ending {
  finish: Finish;
  /** As stored: a large one is in the packet store by now. */
  output: Packet | undefined;
  known: StoredRun | null;
}

/** Rows are locked in the order in which a statement is given them, and everywhere in the order of their ids. */
export const inOrderOfId = (endings: readonly Ending[]): Ending[] => endings.toSorted((a, b) => (a.finish.runId < b.finish.runId ? -1 : 1));

/** As stored. */
function errorColumns({ error }: Finish): { name: string | undefined; message: string } | undefined {
  if (error === undefined) return undefined;
  const { name, message } = describeError(error);
  return { name: name === undefined ? undefined : encodeText(name), message: encodeText(message.slice(0, 1000)) };
}

/** Columns of both statements. What is undefined is left out of the JSON, and null to the statement. */
function commonInput({ finish, output }: Ending) {
  const { error } = finish;
  const told = errorColumns(finish);
  return {
    id: finish.runId,
    epoch: finish.epoch ?? undefined,
    status: finish.status,
    event: finish.event,
    data: finish.data === undefined ? undefined : JSON.stringify(finish.data),
    output: typeof output?.data === "string" ? encodeText(output.data) : undefined,
    output_type: output?.dataType,
    error: error === undefined ? undefined : encodeText(JSON.stringify(error)),
    error_name: told?.name,
    error_message: told?.message,
    error_id: finish.errorId,
    usage_ms: Math.round(finish.usageMs),
  };
}

/** Longer outputs, and errors, go to the cold row: the hot one is rewritten whole whenever it changes. */
const hotOutputLength = 1000;

export function plainInput(ending: Ending) {
  const input: PlainInput = commonInput(ending);
  // What an attempt before has left there goes, too.
  const isCold = input.error !== undefined || (input.output?.length ?? 0) > hotOutputLength || (ending.known?.attempt ?? 1) > 1;
  input.version = ending.known?.version;
  if (isCold) input.is_cold = true;
  return input;
}
type PlainInput = ReturnType<typeof commonInput> & { version?: number | undefined; is_cold?: true };
export const linkedInput = (ending: Ending) => ({
  ...commonInput(ending),
  bulk_action: ending.finish.bulkAction,
  from: ending.finish.from,
  result: encodeText(JSON.stringify(outcomeOf(ending))),
});

/** What the plain statement tells: all else about the row is known. */
export interface PlainEnd {
  id: string;
  at: string;
  awaited: boolean;
}

export function ended({ finish }: Ending, known: StoredRun, at: string): StoredRun {
  const row = { ...known };
  const error = errorColumns(finish);
  row.status = finish.status;
  row.version = known.version + 1;
  row.updated_at = at;
  row.finished_at = at;
  row.usage_ms = known.usage_ms + Math.round(finish.usageMs);
  row.retry_at = null;
  row.error_name = error?.name ?? null;
  row.error_message = error?.message ?? null;
  row.error_id = finish.errorId ?? null;
  return row;
}

/** What a parent that waits for this run is told. */
function outcomeOf({ finish, output }: Ending): OperationOutcome {
  const id = finish.runId;
  const value: RunResult =
    finish.status === "COMPLETED"
      ? { ok: true, id, output: output ?? { data: null, dataType: "application/json" } }
      : { ok: false, id, error: finish.error ?? { type: "INTERNAL_ERROR", code: "UNSPECIFIED_ERROR" } };
  return { ok: true, value };
}
