/** Work in turn for each key: what is begun for one waits for what is under way for it. Nothing is kept of a key that is idle. */
export interface Turns {
  /** `work` learns whether it had to wait, so that what its caller had read before may be old. It must not throw. */
  take(key: string, work: (hadToWait: boolean) => Promise<void>): Promise<void>;
  /** What has been begun for the key so far; undefined when it is done. */
  wait(key: string): Promise<void> | undefined;
  idle(): Promise<void>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>();
  return {
    take(key, work) {
      const before = last.get(key);
      const next = before === undefined ? work(false) : before.then(() => work(true));
      last.set(key, next);
      void next.finally(() => {
        if (last.get(key) === next) last.delete(key);
      });
      return next;
    },
    wait: (key) => last.get(key),
    async idle() {
      await Promise.all(last.values());
    },
  };
}
