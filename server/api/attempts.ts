/** Guesses at a secret (password, setup code), limited per account and per address. */
export interface Attempts {
  /**
   * Takes one attempt from each name before it is evaluated, so that parallel guesses count too.
   * Null: refused. Else call `succeeded` when it was right: what it took is given back.
   */
  take(names: readonly string[]): { succeeded(): void } | null;
  /** Seconds until the next attempt may be made. */
  retryAfter(): number;
}

interface Window {
  until: number;
  left: number;
}

/** Names beyond this many are forgotten oldest first; an attacker's own flood only shortens his own windows. */
const maxNames = 50_000;

export function createAttempts(options: { perWindow: (name: string) => number; windowMs: number; now?: () => number }): Attempts {
  const { perWindow, windowMs, now = Date.now } = options;
  const windows = new Map<string, Window>();

  function windowOf(name: string): Window {
    const known = windows.get(name);
    if (known !== undefined && known.until > now()) return known;
    windows.delete(name);
    const fresh = { until: now() + windowMs, left: perWindow(name) };
    windows.set(name, fresh);
    const oldest = windows.keys().next().value;
    if (windows.size > maxNames && oldest !== undefined) windows.delete(oldest);
    return fresh;
  }

  return {
    take(names) {
      const taken = names.map(windowOf);
      if (taken.some((window) => window.left <= 0)) return null;
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
