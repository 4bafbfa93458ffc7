import { withUndo } from "@/components/frame/undo";
import { messageOf } from "@/components/live/api";
import { toast } from "@/components/ui/toast";
import type { RunRow } from "@/lib/contracts/run";
import { cancelRun } from "./run-actions";

/** Cancels a run after the time to undo. Whoever asked may have gone elsewhere: a refusal is said in a toast. */
export async function cancelHeld(run: Pick<RunRow, "id" | "task">): Promise<void> {
  if (!(await withUndo({ text: `Cancel ${run.task}`, of: run.id }))) return;
  try {
    await cancelRun(run.id);
  } catch (failure) {
    toast.error(`${run.task} was not canceled`, { description: messageOf(failure) });
  }
}
