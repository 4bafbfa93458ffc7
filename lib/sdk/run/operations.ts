import { isListening, isWait, type JournalEntry, type Operation, type OperationOutcome } from "@/lib/contracts/ipc";
import { ApiError } from "@/lib/client/api-error";
import type { UsageClock } from "./clock";
import { fingerprintOf } from "./fingerprint";

export interface OperationPort {
  /** Facts made before the operation go first. */
  flush(): void;
  operation(message: { seq: number; fingerprint: string; operation: Operation }): void;
  diverged(message: { seq: number; expected: string; actual: string }): void;
  parked(): void;
}

export interface Operations {
  /** Resolves with the operation's value; rejects with an ApiError when the engine refused it. `durationMs`: of `wait.for`. */
  perform(operation: Operation, durationMs?: number): Promise<unknown>;
  deliver(seq: number, outcome: OperationOutcome): void;
  /** The journal holds such an operation, and the code has not come to it yet. */
  knows(operation: Operation): boolean;
  /** True until the journal is used up, or the code has left it. */
  replaying(): boolean;
  /** The run does nothing but wait. */
  suspended(): boolean;
  /** No operation is made after the end. Entries that a function never asked for, though it returned, are a divergence. */
  close(how: "returned" | "abandoned"): void;
}

/** Time after which a run that got an answer, and waits for others, gives its slot back. */
export const parkAfterMs = 1000;

interface Pending {
  /** `listen`: it may take as long as a wait, and the run neither waits for it nor works on it. */
  kind: "wait" | "call" | "listen";
  settle(outcome: OperationOutcome): void;
}

export function createOperations({
  journal,
  clock,
  port,
}: {
  journal: readonly JournalEntry[];
  clock: UsageClock;
  port: OperationPort;
}): Operations {
  const unused = journal.toSorted((a, b) => a.seq - b.seq);
  const pending = new Map<number, Pending>();
  let lastSeq = unused.at(-1)?.seq ?? 0;
  let divergence: "none" | "reported" = "none";
  let state: "open" | "closed" = "open";
  let parkTimer: NodeJS.Timeout | undefined;

  const waits = () => [...pending.values()].some(({ kind }) => kind === "wait");
  const onlyWaits = () => waits() && [...pending.values()].every(({ kind }) => kind !== "call");
  /** What only listened may have heard more, or less, by the time that the code came to its end. */
  const nextUnused = () => unused.find(({ kind }) => kind !== "hearInput");

  /** Back to waiting unless an operation comes within a second. */
  const parkSoon = () => {
    clearTimeout(parkTimer);
    if (!waits()) return;
    parkTimer = setTimeout(() => {
      if (state === "closed" || !onlyWaits()) return;
      clock.pause();
      port.flush();
      port.parked();
    }, parkAfterMs);
  };

  const diverge = (seq: number, actual: string) => {
    const next = nextUnused();
    if (next === undefined || divergence === "reported") return;
    divergence = "reported";
    port.diverged({ seq, expected: next.fingerprint, actual });
  };

  const answerTo = (seq: number, kind: Pending["kind"]) =>
    new Promise<unknown>((resolve, reject) => pending.set(seq, { kind, settle: (outcome) => settle(outcome, resolve, reject) }));

  return {
    perform(operation, durationMs) {
      if (state === "closed")
        return Promise.reject(new Error(`${operation.kind} came after the end of the run: await every call of the SDK`));
      const fingerprint = fingerprintOf(operation, durationMs);
      const kind = isWait(operation) ? "wait" : isListening(operation.kind) ? "listen" : "call";
      clearTimeout(parkTimer);
      const at = unused.findIndex((entry) => entry.fingerprint === fingerprint);
      const entry = unused[at];
      if (entry !== undefined) {
        unused.splice(at, 1);
        const { outcome } = entry;
        if (outcome !== undefined) return new Promise((resolve, reject) => settle(outcome, resolve, reject));
        const result = answerTo(entry.seq, kind);
        // The engine knows of this wait already and hears nothing of it now: only `parked` tells that the run has come back to it.
        parkSoon();
        return result;
      }
      const seq = ++lastSeq;
      diverge(seq, fingerprint);
      port.flush();
      if (kind === "call") clock.resume();
      port.operation({ seq, fingerprint, operation });
      if (kind === "wait") clock.pause();
      return answerTo(seq, kind);
    },
    deliver(seq, outcome) {
      const waiting = pending.get(seq);
      if (waiting === undefined) {
        // Its code has not come to this operation yet.
        const entry = unused.find((e) => e.seq === seq);
        if (entry !== undefined) entry.outcome = outcome;
        return;
      }
      pending.delete(seq);
      clock.resume();
      waiting.settle(outcome);
      parkSoon();
    },
    knows: (operation) => unused.some(({ fingerprint }) => fingerprint === fingerprintOf(operation)),
    replaying: () => nextUnused() !== undefined && divergence === "none",
    suspended: onlyWaits,
    close(how) {
      if (state === "closed") return;
      state = "closed";
      clearTimeout(parkTimer);
      if (how === "returned") diverge(lastSeq + 1, "end");
      pending.clear();
    },
  };
}

function settle(outcome: OperationOutcome, resolve: (value: unknown) => void, reject: (error: Error) => void): void {
  if (outcome.ok) resolve(outcome.value);
  else reject(ApiError.generate(outcome.error.status, undefined, outcome.error.message));
}
