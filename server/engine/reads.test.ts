import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manifestOf, start, until } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import type { RunsQuery } from "@/lib/contracts/dashboard";
import type { RunRow } from "@/lib/contracts/run";
import { runStatuses, isFinal, type RunStatus } from "@/lib/contracts/status";
import type { MachinePreset } from "@/lib/contracts/task";
import { matchesFilter, rowsTell } from "@/lib/runs/match-run";
import { newId } from "@/lib/ids/ids";
import { notableStatuses } from "./triggering/insert-runs";
import { getRunRows, listRuns } from "./reads/runs";
import { listTokens } from "./reads/tokens";
import { createToken, completeToken } from "./waiting/token";

const suite = engineSuite();
const { node } = suite;

interface Seed {
  id: string;
  status: RunStatus;
  task: string;
  queue: string;
  tags: string[];
  created: number;
  parent: string | null;
  batch: string | null;
  isTest: boolean;
  version: string | null;
  machine: MachinePreset | null;
  attempt: number;
  started: number | null;
  finished: number | null;
  payload: string;
}

const epoch = Date.parse("2026-01-01T00:00:00Z");

/** By version: the machine of runs that name none. Runs that have not started would start on the current one. */
const configMachines: Record<string, MachinePreset | undefined> = { "20260101.1": undefined, "20260101.2": "medium-1x" };
const currentVersion = "20260101.2";

/** Stored as the engine stores it, so that each index has what it has in life. */
async function seed(count: number): Promise<Seed[]> {
  const random = (n: number) => Math.floor(Math.random() * n);
  const seeds: Seed[] = [];
  for (let i = 0; i < count; i += 1) {
    // Many share a millisecond: the id decides then.
    const created = epoch + random(count / 4) * 1000;
    const parent = seeds.length > 0 && random(4) === 0 ? (seeds[random(seeds.length)]?.id ?? null) : null;
    seeds.push({
      id: newId("run", created),
      status: runStatuses[random(runStatuses.length)] ?? "QUEUED",
      task: `task${random(3)}`,
      queue: `queue${random(2)}`,
      tags: ["a", "b", "c"].filter(() => random(3) === 0),
      created,
      parent,
      batch: random(5) === 0 ? `batch_${random(3)}` : null,
      isTest: random(5) === 0,
      version: random(4) === 0 ? null : `20260101.${1 + random(2)}`,
      machine: random(3) === 0 ? "micro" : null,
      attempt: random(4),
      started: random(5) === 0 ? null : created + random(20_000),
      finished: null,
      payload: `{"order":"${random(9)}","of":"100%_sure"}`,
    });
    const last = seeds.at(-1);
    if (last !== undefined && last.started !== null && isFinal(last.status)) last.finished = last.started + random(20_000);
  }
  const json = JSON.stringify(
    seeds.map((one) => ({
      ...one,
      created: new Date(one.created).toISOString(),
      started: one.started === null ? null : new Date(one.started).toISOString(),
      finished: one.finished === null ? null : new Date(one.finished).toISOString(),
      notable: notableStatuses.includes(one.status) ? one.status : null,
      final: isFinal(one.status),
    })),
  );
  await suite.db.query(
    `insert into run (id, env_id, task, status, notable, queue, tags, created_at, queue_at, parent_id, batch_id, is_test, started_at, finished_at, attempt, version, deployment, machine)
     select id, 'env_1', task, status, notable, queue, tags, created, created, parent, batch, "isTest", started, finished, attempt, 0, version, machine
       from json_to_recordset($1::json) as i(id text, task text, status text, notable text, queue text, tags text[], created timestamptz, parent text, batch text, "isTest" boolean, started timestamptz, finished timestamptz, attempt int, version text, machine text)`,
    [json],
  );
  await suite.db.query(
    "insert into run_data (run_id, payload, payload_type, options) select id, payload, 'application/json', '{}' from json_to_recordset($1::json) as i(id text, payload text)",
    [json],
  );
  for (const [version, machine] of Object.entries(configMachines)) {
    await suite.db.query(
      "insert into deployment (id, env_id, version, content_hash, bundle, manifest, is_current) values ($1, 'env_1', $1, '', '', $2, $1 = $3)",
      [version, JSON.stringify({ ...manifestOf([]), config: { machine } }), currentVersion],
    );
  }
  await suite.db.query(
    "insert into run_tag (env_id, tag, created_at, run_id) select env_id, tag, created_at, id from run, unnest(tags) as tag",
  );
  await suite.db.query("insert into run_queue (env_id, queue, score, run_id) select env_id, queue, 0, id from run where status = 'QUEUED'");
  await suite.db.query(
    "insert into run_slot (run_id, env_id, node) select id, env_id, 'n' from run where status in ('EXECUTING', 'DEQUEUED')",
  );
  return seeds.toSorted((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1));
}

type Filter = Omit<RunsQuery, "limit">;
const matches = (run: Seed, query: RunsQuery): boolean =>
  (query.status === undefined || query.status.length === 0 || query.status.includes(run.status)) &&
  (query.task === undefined || query.task.length === 0 || query.task.includes(run.task)) &&
  (query.queue === undefined || query.queue.length === 0 || query.queue.includes(run.queue)) &&
  (query.tag ?? []).every((tag) => run.tags.includes(tag)) &&
  (query.batch === undefined || run.batch === query.batch) &&
  (query.rootOnly !== true || run.parent === null) &&
  (query.isTest === undefined || run.isTest === query.isTest) &&
  (query.version === undefined || query.version.includes(run.version ?? "none")) &&
  (query.machine === undefined || query.machine.includes(run.machine ?? configMachines[run.version ?? currentVersion] ?? "small-1x")) &&
  (query.anyTag === undefined || query.anyTag.some((tag) => run.tags.includes(tag))) &&
  !(query.notStatus ?? []).includes(run.status) &&
  !(query.notTask ?? []).includes(run.task) &&
  !(query.notQueue ?? []).includes(run.queue) &&
  !(query.notTag ?? []).some((tag) => run.tags.includes(tag)) &&
  !(query.notVersion ?? []).includes(run.version ?? "none") &&
  (query.attemptsOver === undefined || run.attempt > query.attemptsOver) &&
  (query.attemptsUnder === undefined || run.attempt < query.attemptsUnder) &&
  (query.startedFrom === undefined || (run.started !== null && run.started >= Date.parse(query.startedFrom))) &&
  (query.startedTo === undefined || (run.started !== null && run.started <= Date.parse(query.startedTo))) &&
  (query.finishedFrom === undefined || (run.finished !== null && run.finished >= Date.parse(query.finishedFrom))) &&
  (query.finishedTo === undefined || (run.finished !== null && run.finished <= Date.parse(query.finishedTo))) &&
  // What has not ended goes on since months.
  (query.longerThan === undefined || (run.started !== null && (run.finished === null || run.finished - run.started > query.longerThan))) &&
  (query.shorterThan === undefined || (run.started !== null && run.finished !== null && run.finished - run.started < query.shorterThan)) &&
  (query.text === undefined || run.payload.toLowerCase().includes(query.text.toLowerCase())) &&
  (query.id === undefined || (query.id.startsWith("*") ? run.id.endsWith(query.id.slice(1)) : run.id.startsWith(query.id))) &&
  (query.from === undefined || run.created >= Date.parse(query.from)) &&
  (query.to === undefined || run.created <= Date.parse(query.to));

const some = <T>(...values: T[]) => fc.subarray(values, { minLength: 1 });
const moment = fc.nat(80).map((s) => new Date(epoch + s * 1000).toISOString());
const filter: fc.Arbitrary<Filter> = fc.record(
  {
    status: fc.oneof(
      some<RunStatus>("FAILED", "CANCELED"),
      some<RunStatus>("EXECUTING", "DEQUEUED"),
      fc.constant<RunStatus[]>(["QUEUED"]),
      some<RunStatus>(...runStatuses),
    ),
    task: some("task0", "task1", "nowhere"),
    queue: some("queue0", "queue1"),
    tag: fc.subarray(["a", "b", "c"], { minLength: 1, maxLength: 2 }),
    batch: fc.constantFrom("batch_0", "batch_1"),
    rootOnly: fc.constant(true),
    isTest: fc.boolean(),
    version: some("20260101.1", "20260101.2"),
    machine: some<MachinePreset>("micro", "small-1x", "medium-1x"),
    anyTag: fc.subarray(["a", "b", "c"], { minLength: 1, maxLength: 2 }),
    notStatus: some<RunStatus>(...runStatuses),
    notTask: some("task0", "task1"),
    notQueue: some("queue0"),
    notTag: fc.subarray(["a", "b", "c"], { minLength: 1, maxLength: 2 }),
    notVersion: some("20260101.1", "20260101.2"),
    attemptsOver: fc.nat(3),
    attemptsUnder: fc.nat(4),
    startedFrom: moment,
    startedTo: moment,
    finishedFrom: moment,
    finishedTo: moment,
    longerThan: fc.nat(20_000),
    shorterThan: fc.nat(20_000),
    text: fc.constantFrom('"ORDER":"3"', "100%_", "0_", "nothing"),
    id: fc.constantFrom("*a", "*1", "run_", "*_"),
    from: fc.nat(60).map((s) => new Date(epoch + s * 1000).toISOString()),
    to: fc.nat(60).map((s) => new Date(epoch + s * 1000).toISOString()),
  },
  { requiredKeys: [] },
);
/** Many conditions at once find nothing. */
const someOf = filter.chain((all) =>
  fc.shuffledSubarray(Object.entries(all), { maxLength: 4 }).map((kept): Filter => Object.fromEntries(kept)),
);

describe("a list of runs", () => {
  it("has what the filters say, each run once, whatever the page size, forwards and back", async () => {
    const seeds = await seed(240);
    const stored = await getRunRows(
      suite.db,
      "env_1",
      seeds.map((run) => run.id),
    );
    await fc.assert(
      fc.asyncProperty(someOf, fc.integer({ min: 1, max: 60 }), async (query, limit) => {
        const expected = seeds.filter((run) => matches(run, { ...query, limit })).map((run) => run.id);
        // Those who follow the list over the socket judge by the rows alone.
        const told = new Set(stored.filter((row) => matchesFilter(row, query)).map((row) => row.id));
        expect(expected.filter((id) => !told.has(id))).toEqual([]);
        expect(rowsTell(query) ? told.size : expected.length).toBe(expected.length);
        const pages: string[][] = [];
        let page = await listRuns(suite.db, "env_1", { ...query, limit });
        pages.push(page.rows.map((run) => run.id));
        while (page.next !== undefined) {
          page = await listRuns(suite.db, "env_1", { ...query, limit, cursor: page.next });
          pages.push(page.rows.map((run) => run.id));
        }
        expect(pages.flat()).toEqual(expected);
        for (let at = pages.length - 1; at > 0 && page.previous !== undefined; at -= 1) {
          page = await listRuns(suite.db, "env_1", { ...query, limit, cursor: page.previous });
          expect(page.rows.map((run) => run.id)).toEqual(pages[at - 1]);
        }
      }),
      { numRuns: 150 },
    );
    // This set of rows is no state that the engine makes.
    await suite.empty();
  });

  it("does not shift while runs are made", async () => {
    const n = await node({ task: async () => 1 });
    const first = await Promise.all(Array.from({ length: 30 }, () => start(n, "task")));
    const seen: RunRow[] = [];
    let page = await listRuns(suite.db, "env_1", { limit: 7 });
    for (;;) {
      seen.push(...page.rows);
      if (page.next === undefined) break;
      await start(n, "task");
      page = await listRuns(suite.db, "env_1", { limit: 7, cursor: page.next });
    }
    expect(seen.map((run) => run.id).toSorted()).toEqual(first.map((run) => run.id).toSorted());
    const rows = await getRunRows(suite.db, "env_1", [...first.map((run) => run.id), "run_nowhere"]);
    expect(rows).toHaveLength(30);
    for (const { id } of first) await until(n, id);
  });

  it("finds by the beginning of an id, and refuses a cursor that is none", async () => {
    const n = await node({ task: async () => 1 });
    const { id } = await start(n, "task");
    await until(n, id);
    expect((await listRuns(suite.db, "env_1", { limit: 5, id: id.slice(0, 14) })).rows.map((run) => run.id)).toEqual([id]);
    expect((await listRuns(suite.db, "env_1", { limit: 5, id: `${id}x` })).rows).toEqual([]);
    expect((await listRuns(suite.db, "env_2", { limit: 5 })).rows).toEqual([]);
    for (const cursor of ["", "x", "<", "<2026-01-01T00:00:00.000Z_", "<'; drop table run; --_run_a", `<${"9".repeat(30)}Z_run_a`]) {
      await expect(listRuns(suite.db, "env_1", { limit: 5, cursor }), cursor).rejects.toMatchObject({ status: 400, param: "cursor" });
    }
  });
});

describe("a list of tokens", () => {
  it("pages forwards and back, by status, tag and key", async () => {
    const n = await node({ task: async () => 1 });
    const ids: string[] = [];
    for (let i = 0; i < 25; i += 1)
      ids.push(
        (await createToken(n.engine, { tags: i % 2 === 0 ? ["even"] : ["odd", "all"], ...(i === 7 && { idempotencyKey: "seven" }) }, {}))
          .token.id,
      );
    for (const id of ids.slice(0, 5)) await completeToken(n.engine, id, { data: "1", dataType: "application/json" }, { by: "ada" });
    const newest = ids.toReversed();
    const pages: string[][] = [];
    let page = await listTokens(suite.db, "env_1", { limit: 10 });
    pages.push(page.tokens.map((token) => token.id));
    while (page.next !== undefined) {
      page = await listTokens(suite.db, "env_1", { limit: 10, after: page.next });
      pages.push(page.tokens.map((token) => token.id));
    }
    expect(pages.flat()).toEqual(newest);
    const back = await listTokens(suite.db, "env_1", { limit: 10, before: page.previous ?? "" });
    expect(back.tokens.map((token) => token.id)).toEqual(pages[1]);
    const read = async (query: object) => (await listTokens(suite.db, "env_1", { limit: 100, ...query })).tokens.length;
    expect(await read({ status: ["WAITING"] })).toBe(20);
    expect(await read({ tags: ["even"] })).toBe(13);
    expect(await read({ tags: ["odd", "all"] })).toBe(12);
    expect(await read({ idempotencyKey: "seven" })).toBe(1);
  });
});
