/** Compute time of an attempt in ms: it stands still while the run waits. */
export interface UsageClock {
  read(): number;
  pause(): void;
  resume(): void;
}

export function createUsageClock({ usedMs, now }: { usedMs: number; now: () => number }): UsageClock {
  let used = usedMs;
  let since: number | undefined = now();
  return {
    read: () => Math.round(used + (since === undefined ? 0 : now() - since)),
    pause() {
      if (since === undefined) return;
      used += now() - since;
      since = undefined;
    },
    resume() {
      since ??= now();
    },
  };
}
