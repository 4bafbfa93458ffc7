/** Compute time of one attempt in ms, without its waits. Time comes in as an argument. */
export interface ComputeClock {
  used(now: number): number;
  run(now: number): void;
  pause(now: number): void;
  /** Counts from `used` again: user code begins only now. */
  restart(now: number): void;
}

export function computeClock(alreadyUsed: number): ComputeClock {
  let total = alreadyUsed;
  let since: number | null = null;
  return {
    used: (now) => total + (since === null ? 0 : now - since),
    run(now) {
      since ??= now;
    },
    pause(now) {
      if (since !== null) total += now - since;
      since = null;
    },
    restart(now) {
      total = alreadyUsed;
      since = now;
    },
  };
}
