import { Unavailable } from "../../db/errors";
import type { Engine } from "../engine";
import { sampleDepths } from "../queues/sample-depths";
import { renewLease } from "./recover";
import { renewTokens } from "./renew-tokens";
import { retain } from "./retention";
import { summariseVersions } from "./summarise";

const leaseEveryMs = 3000;
const sweepEveryMs = 10_000;
const depthsEveryMs = 10_000;
const summariseEveryMs = 60_000;
const retentionEveryMs = 3_600_000;
/** A quarter of a token's life. */
const tokensEveryMs = 30 * 60_000;

/** Leases, the sweep, depths of queues, the index of versions, partitions, retention and the tokens of runs, each on its own clock. */
export function startMaintenance(engine: Engine, sweep: () => Promise<void>): { close(): Promise<void> } {
  const loops = [
    every(leaseEveryMs, () => Promise.all([renewLease(engine), engine.clock.read()])),
    every(sweepEveryMs, sweep),
    every(depthsEveryMs, () => sampleDepths(engine)),
    every(summariseEveryMs, () => summariseVersions(engine.db)),
    every(retentionEveryMs, () => retain(engine)),
    every(tokensEveryMs, () => renewTokens(engine)),
  ];
  return {
    async close() {
      await Promise.all(loops.map((loop) => loop.close()));
    },
  };

  function every(ms: number, work: () => Promise<unknown>): { close(): Promise<void> } {
    let running: Promise<unknown> = Promise.resolve();
    let busy = false;
    const interval = setInterval(() => {
      // One that takes longer than its interval is not started twice.
      if (busy) return;
      busy = true;
      running = work()
        .catch((error: unknown) => {
          if (!(error instanceof Unavailable)) engine.log.warn("maintenance failed", { error: String(error) });
        })
        .finally(() => {
          busy = false;
        });
    }, ms);
    return {
      async close() {
        clearInterval(interval);
        await running;
      },
    };
  }
}
