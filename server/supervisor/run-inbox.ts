import { ChurningMap } from "@/lib/values/churning-map";
import type { Logger } from "@/server/log";

type Work = () => Promise<void>;

interface RunInbox {
  /** Does the work when all earlier work of the same run is done. */
  push(runId: string, work: Work): void;
  /** Runs with work that is not done. */
  isBusy(runId: string): boolean;
  /** Resolves when nothing is left. */
  idle(): Promise<void>;
  /** What has not begun is forgotten. */
  close(): void;
}

const tries = 4;
const longestPauseMs = 2_000;

/**
 * What workers say goes to the engine in order per run. While the database is away, it is tried again for as long as that takes;
 * anything else that fails is given a few tries, then `onFailure` hears of the run, whose later words are dropped.
 */
export function createRunInbox(options: {
  log: Logger;
  isOutage(error: unknown): boolean;
  onFailure(runId: string, error: unknown): void;
}): RunInbox {
  const queues = new ChurningMap<Work[]>();
  let onIdle: (() => void)[] = [];
  let isClosed = false;

  async function drain(runId: string, queue: Work[]): Promise<void> {
    let failures = 0;
    for (let work = queue[0]; work !== undefined && !isClosed; work = queue[0]) {
      try {
        await work();
        queue.shift();
        failures = 0;
      } catch (error) {
        failures += 1;
        if (isClosed) break;
        if (await mayTryAgain(runId, { failures, error })) continue;
        options.log.error("a run's message could not be stored", { run: runId, error });
        queue.length = 0;
        options.onFailure(runId, error);
      }
    }
    queues.delete(runId);
    if (queues.size > 0) return;
    for (const tell of onIdle) tell();
    onIdle = [];
  }

  /** After a pause. */
  async function mayTryAgain(runId: string, { failures, error }: { failures: number; error: unknown }): Promise<boolean> {
    if (!options.isOutage(error) && failures >= tries) return false;
    options.log.debug("trying again to store a run's message", { run: runId, failures, error: String(error) });
    await new Promise((resolve) => setTimeout(resolve, Math.min(longestPauseMs, 50 * 2 ** failures)));
    return true;
  }

  return {
    push(runId, work) {
      if (isClosed) return;
      const queue = queues.get(runId);
      if (queue !== undefined) {
        queue.push(work);
        return;
      }
      const fresh = [work];
      queues.set(runId, fresh);
      void drain(runId, fresh);
    },
    isBusy: (runId) => queues.has(runId),
    async idle() {
      while (queues.size > 0) await new Promise<void>((resolve) => onIdle.push(resolve));
    },
    close() {
      isClosed = true;
    },
  };
}
