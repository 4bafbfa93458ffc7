import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Database } from "@/server/db/database";
import { sweep } from "@/server/engine/upkeep/recover";
import { openTestDatabase, openTestNode, type TestNode, type TestTask } from "./engine";
import { violations } from "./invariants";

export interface EngineSuite {
  readonly db: Database;
  /** Connection string, for faults from outside. */
  readonly url: string;
  node(tasks: Record<string, TestTask>, options?: Parameters<typeof openTestNode>[2]): Promise<TestNode>;
  /** The process of the server is gone: nothing of it is told to anybody. */
  crash(node: TestNode): Promise<void>;
  close(node: TestNode): Promise<void>;
  /** Removes what the database holds. */
  empty(): Promise<void>;
  /** Fails with what is wrong between the tables and in memory. */
  check(): Promise<void>;
}

const tables = [
  "run",
  "run_data",
  "run_tag",
  "run_queue",
  "run_slot",
  "run_timer",
  "run_event",
  "run_trace",
  "run_journal",
  "idempotency_key",
  "request_key",
  "debounce_key",
  "batch",
  "batch_item",
  "waitpoint",
  "stream",
  "stream_chunk",
  "queue",
  "deployment",
  "run_stat",
  "queue_depth",
  "alert_rule",
  "alert_channel",
  "node",
  "schedule",
  "schedule_tick",
  "concurrency_limit",
  "concurrency_limit_key",
  "bulk_action",
  "bulk_item",
  "error_group",
  "error_hour",
];

/** One database for the tests of a file: emptied after each, when the invariants have been checked. */
export function engineSuite(): EngineSuite {
  const nodes: TestNode[] = [];
  let opened: Awaited<ReturnType<typeof openTestDatabase>> | undefined;

  beforeAll(async () => {
    opened = await openTestDatabase();
  });
  afterEach(async () => {
    try {
      await suite.check();
    } finally {
      await Promise.all(nodes.splice(0).map((node) => node.close()));
      await suite.empty();
    }
  });
  afterAll(() => opened?.close());

  const suite: EngineSuite = {
    get db() {
      if (opened === undefined) throw new Error("the database is not open yet");
      return opened.db;
    },
    get url() {
      return opened?.url ?? "";
    },
    async node(tasks, options = {}) {
      const node = await openTestNode(suite.db, tasks, options);
      nodes.push(node);
      return node;
    },
    async crash(node) {
      node.executor.held.clear();
      await suite.close(node);
    },
    async close(node) {
      nodes.splice(nodes.indexOf(node), 1);
      await node.close();
    },
    async empty() {
      await suite.db.query(`do $$ begin ${tables.map((table) => `delete from ${table};`).join(" ")} end $$`);
    },
    async check() {
      for (const { engine } of nodes)
        await Promise.all([
          engine.rounds.idle(),
          engine.shared.idle(),
          engine.keyed.idle(),
          engine.finishes.idle(),
          engine.progress.idle(),
        ]);
      // Parked processes of runs that went on at another node end at the next sweep.
      if (nodes.length > 1) for (const { engine } of nodes) await sweep(engine);
      let found = await violations(suite.db, nodes);
      // What follows a commit (parents that are woken, queues that are looked at) may be under way still.
      for (const end = Date.now() + 2000; found.length > 0 && Date.now() < end; found = await violations(suite.db, nodes))
        await new Promise(setImmediate);
      // The two counts of the sidebar alone may be off by what a busy start had under way, until the next sweep.
      if (found.length > 0 && found.every((one) => /\d counted as (WAITING|DELAYED)/.test(one))) {
        for (const { engine } of nodes) await sweep(engine);
        found = await violations(suite.db, nodes);
      }
      expect(found).toEqual([]);
    },
  };
  return suite;
}

/** A door that tasks wait at until the test opens it. */
export function gate(): { passed: Promise<void>; open(): void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

/** A task whose runs stay until the door opens, and how many were in it at once. */
export function room() {
  const door = gate();
  let inside = 0;
  let most = 0;
  const task: TestTask = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await door.passed;
    await new Promise(setImmediate);
    inside -= 1;
  };
  return { task, open: door.open, inside: () => inside, most: () => most };
}
