import { serve } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as ours from "@trigger.dev/sdk";
import { describe } from "@/lib/values/describe";
import { openHarness, type Harness } from "./harness";

/** Every option of every call of our SDK, wrong in type, range or combination: refused where it is given, by name, and nothing is made. */
let api: Harness;
let server: ReturnType<typeof serve>;
let delayed = "";
beforeAll(async () => {
  api = await openHarness();
  await new Promise<void>((resolve) => {
    server = serve({ fetch: api.api.app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
      api.origin = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
  ours.configure({ baseURL: api.origin, secretKey: api.secretKey, requestOptions: { retry: { maxAttempts: 1 } } });
  delayed = await api.trigger("hello", { options: { delay: "1h" } });
});
afterAll(async () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await api.close();
});

const stored = () =>
  api.db.query(
    "select (select count(*) from run) as runs, (select count(*) from batch) as batches, (select count(*) from waitpoint) as tokens, (select count(*) from schedule) as schedules, (select count(*) from idempotency_key) as keys",
  );

/** What the call is refused with, and whether something was made. */
async function refusalOf(work: () => unknown): Promise<{ says: string; isMade: boolean }> {
  const before = JSON.stringify(await stored());
  const error: unknown = await (async () => work())().then(
    (value) => `it was taken: ${JSON.stringify(value)}`,
    (thrown: unknown) => thrown,
  );
  const says = error instanceof Error ? `${error.message} ${String(Reflect.get(error, "param"))}` : String(error);
  return { says, isMade: JSON.stringify(await stored()) !== before };
}
const refused = (word: string) => ({ says: expect.stringContaining(word), isMade: false });

const symbol = Symbol("no");
const many = (n: number) => Array.from({ length: n }, (_, i) => `t${i}`);
/** Option of a trigger, and what it may not be. */
const options: [option: string, wrong: unknown][] = [
  ["idempotencyKey", symbol],
  ["idempotencyKey", {}],
  ["idempotencyKey", [{}]],
  ["idempotencyKeyTTL", {}],
  ["idempotencyKeyTTL", "a while"],
  ["idempotencyKeyTTL", "1h30m"],
  ["maxAttempts", "many"],
  ["maxAttempts", Number.NaN],
  ["maxAttempts", 1.5],
  ["maxAttempts", 251],
  ["maxAttempts", {}],
  ["queue", {}],
  ["queue", { name: "" }],
  ["queue", symbol],
  ["queue", "x".repeat(200)],
  ["concurrency", 5],
  ["concurrency", ["a", "b", "c"]],
  ["concurrency", "nobody"],
  ["concurrency", [{}]],
  ["concurrency", "with space"],
  ["concurrencyKey", {}],
  ["concurrencyKey", "a\0b"],
  ["concurrencyKey", "é".repeat(2000)],
  ["delay", "soonish"],
  ["delay", {}],
  ["delay", new Date(Number.NaN)],
  ["delay", 5],
  ["delay", "99999999999w"],
  ["ttl", "10 parsecs"],
  ["ttl", -1],
  ["ttl", {}],
  ["ttl", 1e18],
  ["tags", many(11)],
  ["tags", "x".repeat(129)],
  ["tags", [{}]],
  ["tags", [symbol]],
  ["metadata", "text"],
  ["metadata", [1]],
  ["metadata", 5],
  ["metadata", { big: "x".repeat(300_000) }],
  ["maxDuration", "long"],
  ["maxDuration", {}],
  ["maxDuration", Number.NaN],
  ["priority", "high"],
  ["priority", {}],
  ["priority", Number.POSITIVE_INFINITY],
  ["machine", "huge"],
  ["machine", {}],
  ["region", {}],
  ["region", "a\0b"],
  ["version", {}],
  ["version", "20000101.1"],
  ["externalDeploymentId", {}],
  ["externalDeploymentId", "x".repeat(129)],
  ["debounce", "key"],
  ["debounce", { key: "k" }],
  ["debounce", { key: "", delay: "5s" }],
  ["debounce", { key: "k", delay: "10ms" }],
  ["debounce", { key: "k", delay: "soon" }],
  ["debounce", { key: "k", delay: "5s", mode: "sideways" }],
  ["debounce", { key: "k", delay: "5s", maxDelay: "4s" }],
  ["debounce", { key: "x".repeat(513), delay: "5s" }],
];
/** What the server calls it. */
const wordOf: Record<string, string> = { version: "ersion", idempotencyKey: "dempotency" };

test.each(options.map(([option, wrong]) => [option, describe(wrong).slice(0, 60), wrong] as const))(
  "trigger: %s may not be %s",
  async (option, _, wrong) => {
    expect(
      await refusalOf(() =>
        ours.tasks.trigger("hello", { n: 1 }, { ...(option === "idempotencyKeyTTL" && { idempotencyKey: "k" }), [option]: wrong }),
      ),
    ).toEqual(refused(wordOf[option] ?? option));
  },
);

test.each<[what: string, word: string, work: () => unknown]>([
  ["a task that is no text", "task", () => ours.tasks.trigger(5 as never, {})],
  ["a payload that is a function", "payload", () => ours.tasks.trigger("hello", () => {})],
  [
    "a payload that nests endlessly",
    "payload",
    () =>
      ours.tasks.trigger(
        "hello",
        Array.from({ length: 5000 }).reduce((inner) => ({ inner }), 1),
      ),
  ],
  [
    "an option of a batch's item",
    "maxAttempts",
    () =>
      ours.batch.trigger([
        { id: "hello", payload: 1 },
        { id: "hello", payload: 1, options: { maxAttempts: "x" as never } },
      ]),
  ],
  ["a payload of a batch's item", "payload", () => ours.batch.trigger([{ id: "hello", payload: symbol as never }])],
  ["a batch of a thousand and one", "1000", () => ours.batch.trigger(Array.from({ length: 1001 }, () => ({ id: "hello", payload: 1 })))],
  ["an empty batch", "runCount", () => ours.batch.trigger([])],
  ["a batch's idempotencyKey", "dempotency", () => ours.batch.trigger([{ id: "hello", payload: 1 }], { idempotencyKey: {} as never })],
  [
    "a batch's idempotencyKeyTTL",
    "idempotencyKeyTTL",
    () => ours.batch.trigger([{ id: "hello", payload: 1 }], { idempotencyKey: "k", idempotencyKeyTTL: {} as never }),
  ],
  ["a token's timeout", "timeout", () => ours.wait.createToken({ timeout: "soon" })],
  ["a token's timeout of a wrong type", "timeout", () => ours.wait.createToken({ timeout: 5 as never })],
  ["a token's tags", "tag", () => ours.wait.createToken({ tags: many(11) })],
  ["a token's idempotencyKey", "idempotencyKey", () => ours.wait.createToken({ idempotencyKey: {} as never })],
  ["a token's idempotencyKeyTTL", "idempotencyKeyTTL", () => ours.wait.createToken({ idempotencyKey: "k", idempotencyKeyTTL: "a while" })],
  ["a token that is none", "token", () => ours.wait.completeToken({} as never, 1)],
  ["wait.for outside of a run", "wait.for", () => ours.wait.for({ seconds: 10 })],
  ["wait.for without a unit", "exactly one of", () => ours.wait.for({} as never)],
  ["wait.for with two units", "exactly one of", () => ours.wait.for({ seconds: 1, minutes: 1 })],
  ["wait.for with a unit that is no number", "seconds", () => ours.wait.for({ seconds: "x" as never })],
  ["wait.until without a date", "date", () => ours.wait.until({ date: new Date(Number.NaN) })],
  ["wait.until in the past", "past", () => ours.wait.until({ date: new Date(0), throwIfInThePast: true })],
  ["triggerAndWait outside of a run", "triggerAndWait", () => ours.tasks.triggerAndWait("hello", {})],
  ["a queue's limit below 0", "concurrencyLimit", () => ours.queues.overrideConcurrencyLimit({ type: "task", name: "hello" }, -1)],
  [
    "a queue's limit of a wrong type",
    "concurrencyLimit",
    () => ours.queues.overrideConcurrencyLimit({ type: "task", name: "hello" }, "5" as never),
  ],
  ["a queue that there is not", "nobody", () => ours.queues.pause({ type: "custom", name: "nobody" })],
  ["a schedule's cron", "cron", () => ours.schedules.create({ task: "hello", cron: "every day", deduplicationKey: "k" })],
  [
    "a schedule of a task that is not scheduled",
    "task",
    () => ours.schedules.create({ task: "hello", cron: "* * * * *", deduplicationKey: "k" }),
  ],
  [
    "a schedule's timezone",
    "timezone",
    () => ours.schedules.create({ task: "hello", cron: "* * * * *", deduplicationKey: "k", timezone: "Mars/Base" }),
  ],
  [
    "a schedule's window",
    "window",
    () => ours.schedules.create({ task: "hello", cron: "* * * * *", deduplicationKey: "k", window: "sometimes" }),
  ],
  ["a schedule without a deduplicationKey", "deduplicationKey", () => ours.schedules.create({ task: "hello", cron: "* * * * *" } as never)],
  ["a stream of no run", "run", () => ours.streams.append("key", "part")],
  ["a stream of a run that there is not", "run_nowhere", () => ours.streams.append("key", "part", { target: "run_nowhere" })],
  ["input to no run", "run", () => ours.streams.input({ id: "x" }).send(undefined as never, 1)],
  ["a reset of a key without its run", "parentRunId", () => ours.idempotencyKeys.reset("hello", "key", { scope: "run" })],
  [
    "a reset of a key without its attempt",
    "attemptNumber",
    () => ours.idempotencyKeys.reset("hello", "key", { scope: "attempt", parentRunId: "run_1" }),
  ],
  ["a reschedule's delay", "delay", () => ours.runs.reschedule(delayed, { delay: "soonish" })],
  ["a replay's version", "ersion", () => ours.runs.replay(delayed, { version: "20000101.1" })],
  ["a filter of runs", "status", () => ours.runs.list({ status: "DONE" as never })],
  ["a period of runs", "period", () => ours.runs.list({ period: "ages" })],
  ["a page of runs", "page[size]", () => ours.runs.list({ limit: 5000 })],
])("%s is refused: %s", async (_, word, work) => {
  expect(await refusalOf(work)).toEqual(refused(word));
});

test("an empty idempotency key is none", async () => {
  const [one, other] = [
    await ours.tasks.trigger("hello", {}, { idempotencyKey: "" }),
    await ours.tasks.trigger("hello", {}, { idempotencyKey: "" }),
  ];
  expect(other.id).not.toBe(one.id);
});

test("metadata outside of a run changes nothing and disturbs nobody", async () => {
  const before = await stored();
  ours.metadata.set("a", 1).append("b", 2);
  await ours.metadata.flush();
  expect([ours.metadata.current(), await stored()]).toEqual([undefined, before]);
});
