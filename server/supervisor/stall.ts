import { readActivity, type Activity } from "./activity";

/** What a process does that does not answer. */
export interface StallWatch {
  /** Looks at it, at intervals. */
  look(now: number): void;
  /** Ms without CPU time until the last look; 0 while it computes, or while that is not known. */
  readonly stalledMs: number;
  readonly isStopped: boolean;
  /** It has answered. */
  reset(): void;
}

const everyMs = 1_000;

export function watchStall(pid: number | undefined, read: (pid: number) => Promise<Activity | null> = readActivity): StallWatch {
  let known: Activity | null = null;
  let stalledMs = 0;
  let seenAt = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Rises with each answer: what was read before it says nothing any more. */
  let silences = 0;

  async function sample(process: number, now: number): Promise<void> {
    const silence = silences;
    const activity = await read(process);
    if (silence !== silences) return;
    stalledMs = activity !== null && activity.cpuMs === known?.cpuMs ? stalledMs + now - seenAt : 0;
    seenAt = now;
    known = activity;
  }

  return {
    look(now) {
      if (pid === undefined || now - lookedAt < everyMs) return;
      lookedAt = now;
      void sample(pid, now);
    },
    get stalledMs() {
      return stalledMs;
    },
    get isStopped() {
      return known?.isStopped === true;
    },
    reset() {
      silences++;
      known = null;
      stalledMs = 0;
    },
  };
}
