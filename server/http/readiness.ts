import type { Query } from "../db/database";

export interface Readiness {
  /** What makes the server unusable now; empty: it is ready. */
  problems(): readonly string[];
  close(): void;
}

const intervalMs = 1_000;
/** Two looks at most, so that a database that hangs shows within 5 s. */
const patienceMs = 2_500;

/** Asks the database each second. `extra` adds what others know (draining, disk full). */
export function watchReadiness(options: { query: Query; extra(): readonly string[] }): Readiness {
  let answeredAt = performance.now();
  let asking = false;
  let failure: string | undefined;

  async function look(): Promise<void> {
    // The pool waits for a database that is away: one question at a time is enough.
    if (asking) return;
    asking = true;
    try {
      await options.query("select 1");
      answeredAt = performance.now();
      failure = undefined;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    } finally {
      asking = false;
    }
  }
  const timer = setInterval(() => void look(), intervalMs);
  timer.unref();
  return {
    problems() {
      const database =
        failure !== undefined
          ? [`database: ${failure}`]
          : performance.now() - answeredAt > patienceMs + intervalMs
            ? ["database: no answer"]
            : [];
      return [...database, ...options.extra()];
    },
    close: () => clearInterval(timer),
  };
}
