/** Guesses at a password, limited by whatever names them: an account, an address, both together, a browser. */
export interface Attempts {
  /**
   * Takes one attempt from each name before it is evaluated, so that parallel guesses count too.
   * Null: refused, and nothing is taken. Else call `succeeded` when it was right: what it took is given back.
   */
  take(names: readonly string[]): { succeeded(): void } | null;
  /** Seconds until the next attempt may be made. */
  retryAfter(): number;
}

interface Window {
  until: number;
  left: number;
}

/** Some 10 MB. Each name costs whoever makes it an attempt of the address that he asks from, so one address makes few. */
const maxNames = 50_000;

export function createAttempts(options: {
  perWindow: (name: string) => number;
  windowMs: number;
  now?: () => number;
  most?: number;
}): Attempts {
  const { perWindow, windowMs, now = Date.now, most = maxNames } = options;
  const windows = new Map<string, Window>();

  const live = (name: string): Window | undefined => {
    const window = windows.get(name);
    return window !== undefined && window.until > now() ? window : undefined;
  };

  function begin(name: string): Window {
    windows.delete(name);
    if (windows.size >= most) makeRoom();
    const fresh = { until: now() + windowMs, left: perWindow(name) };
    windows.set(name, fresh);
    return fresh;
  }

  /** The ended ones go; else the least used: a flood of new names never frees one that has guessed. */
  function makeRoom(): void {
    let least: { name: string; used: number } | undefined;
    for (const [name, window] of windows) {
      if (window.until <= now()) {
        windows.delete(name);
        continue;
      }
      const used = perWindow(name) - window.left;
      if (least === undefined || used < least.used) least = { name, used };
    }
    if (windows.size >= most && least !== undefined) windows.delete(least.name);
  }

  return {
    take(names) {
      if (names.some((name) => (live(name)?.left ?? perWindow(name)) <= 0)) return null;
      const taken = names.map((name) => live(name) ?? begin(name));
      for (const window of taken) window.left--;
      return {
        succeeded() {
          for (const window of taken) window.left++;
        },
      };
    },
    retryAfter: () => Math.ceil(windowMs / 1000),
  };
}
