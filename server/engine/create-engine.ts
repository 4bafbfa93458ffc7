import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "@/lib/ids/ids";
import { ChurningMap } from "@/lib/values/churning-map";
import { startBulk } from "./bulk/bulk-loop";
import { openDeployments } from "./versions/deployments";
import { shareCommits } from "../db/shared-commits";
import { defaultSettings, type Engine, type EngineOptions } from "./engine";
import { createEnds } from "./running/ends";
import { createFeed } from "./feed";
import { createFinishes } from "./running/finish";
import { createKeyedInserts } from "./triggering/keyed";
import { startMaintenance } from "./upkeep/maintenance";
import { createProgressWrites } from "./telling/progress";
import { loadQueues, recountQueue } from "./queues/queue";
import { createRecent } from "./recent";
import { createRounds } from "./rounds";
import { recover, sweep } from "./upkeep/recover";
import { Scheduler } from "./queues/scheduler";
import { openDatabaseClock } from "./time/database-clock";
import { startTimers } from "./time/timers";
import { createTraceWrites } from "./telling/trace";
import { createTurns } from "./turns";

export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { db, env } = options;
  const [installation] = await db.query<{ epoch: string }>("select epoch from installation");
  const background: { close(): Promise<void> }[] = [];

  const clock = await openDatabaseClock(db.query);
  const nodeId = newId("node");
  const { nodes = new Set() } = options;
  nodes.add(nodeId);

  const engine: Engine = {
    ...options,
    settings: { ...defaultSettings, ...options.settings },
    nodeId,
    nodes,
    startedAt: clock.now(),
    clock,
    ends: createEnds(),
    feed: createFeed(installation?.epoch ?? "none", options.log),
    deployments: await openDeployments(db, env),
    scheduler: new Scheduler(env.concurrencyLimit),
    live: new ChurningMap(),
    resumes: createTurns(),
    canceled: createRecent(10_000),
    shared: shareCommits(db.writer()),
    counts: { waiting: 0, delayed: 0, tokensWaiting: 0, failedLastHour: 0 },
    executor: null,
    draining: false,
    readOnlyReason: null,
    // The write loops need the engine for what follows a commit, so they are made with it.
    get rounds() {
      return rounds;
    },
    get keyed() {
      return keyed;
    },
    get finishes() {
      return finishes;
    },
    get bulk() {
      return bulk;
    },
    get progress() {
      return progress;
    },
    get trace() {
      return trace;
    },
    get timers() {
      return timers;
    },
    async attach(executor) {
      engine.executor = executor;
      await rounds.warm();
      await recover(engine);
      rounds.wake();
    },
    capacityChanged: () => rounds.wake(),
    async drain() {
      engine.draining = true;
      await rounds.idle();
    },
    async close() {
      engine.draining = true;
      for (const part of background) await part.close();
      await Promise.all([rounds.idle(), engine.shared.idle(), keyed.idle(), finishes.idle(), progress.idle(), trace.idle()]);
      // What this node leaves behind need not wait for the end of its lease. A database that is away is not waited for.
      nodes.delete(engine.nodeId);
      await Promise.race([
        db.query("delete from node where id = $1", [engine.nodeId]).catch(() => {}),
        sleep(500, undefined, { ref: false }),
      ]);
    },
  };
  const rounds = createRounds(engine);
  const keyed = createKeyedInserts(engine);
  const finishes = createFinishes(engine);
  const progress = createProgressWrites(engine);
  const trace = createTraceWrites(engine);
  const timers = startTimers(engine);
  const bulk = startBulk(engine);
  background.push(
    bulk,
    timers,
    startMaintenance(engine, () => sweep(engine)),
  );
  await loadQueues(engine);
  await recountQueue(engine);
  bulk.wake();
  return engine;
}
