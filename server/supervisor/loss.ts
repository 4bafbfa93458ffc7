import { engineRetriedCodes, type InternalErrorCode } from "@/lib/contracts/error";
import type { LossCause } from "@/server/engine/running/lose-runs";
import type { WorkerEnd } from "./worker-process";

export function failed(code: InternalErrorCode, message: string): LossCause {
  return { kind: "failed", error: { type: "INTERNAL_ERROR", code, message }, retryable: engineRetriedCodes.includes(code) };
}

interface Circumstances {
  /** Runs that the process held. */
  runs: number;
  /** A process of its own, with a heap limit. */
  isOwn: boolean;
  /** Who caused it is known and is no longer among the runs. */
  isCulpritGone: boolean;
  /** By the kernel's own count. */
  isOutOfMemory: boolean;
}

/** What the end of a process means for the runs that it held, where nothing was decided about them before. */
export function lossOf(end: WorkerEnd, { runs, isOwn, isCulpritGone, isOutOfMemory }: Circumstances): LossCause {
  // Killed by somebody outside before any code ran: that says nothing about the tasks or the runs.
  if (!end.wasReady && end.signal === "SIGKILL" && !end.isKilled) return { kind: "neighbour" };
  if (!end.wasReady)
    return failed("COULD_NOT_IMPORT_TASK", `The tasks of this version could not be loaded: ${end.complaint ?? describeExit(end)}`);
  // With several runs nobody knows whose fault it was: each goes on in a process of its own, where the culprit shows itself.
  if (isCulpritGone || runs > 1 || (end.isKilled && end.complaint === null)) return { kind: "neighbour" };
  if (end.complaint !== null) return failed("TASK_EXECUTION_FAILED", `The process was ended because ${end.complaint}`);
  if (end.heapExhausted)
    return failed(
      "TASK_PROCESS_OOM_KILLED",
      "The process ran out of memory: its heap is full. Choose a larger machine, or hold less at once",
    );
  if (end.code === 137)
    return failed("TASK_PROCESS_OOM_KILLED", "The process ended with exit code 137: it was killed for using too much memory");
  if (end.signal === "SIGKILL") {
    // Somebody outside: that says nothing about the run, unless it was the kernel, and the memory was this run's alone.
    const spent = "The kernel killed the process (SIGKILL) because there was no more memory. Choose a larger machine, or hold less at once";
    return isOwn && isOutOfMemory ? failed("TASK_PROCESS_OOM_KILLED", spent) : { kind: "neighbour" };
  }
  if (end.signal === "SIGSEGV")
    return failed("TASK_PROCESS_SIGSEGV", "The process crashed with a segmentation fault (SIGSEGV), usually in a native module");
  if (end.signal === "SIGTERM") return failed("TASK_PROCESS_SIGTERM", "The process was ended from outside (SIGTERM)");
  return failed("TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE", describeExit(end));
}

function describeExit(end: WorkerEnd): string {
  if (end.code === 0) return "The process ended with exit code 0 before the run had finished. Does something call process.exit()?";
  const how = end.signal === null ? `exit code ${end.code}` : end.signal;
  const said = end.lastErrors === "" ? "" : `: ${end.lastErrors.split("\n").slice(-6).join("\n")}`;
  return `The process ended with ${how}${said}`;
}
