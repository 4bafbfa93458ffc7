import { expect, test } from "vitest";
import { runs, streams, tasks } from "upstream-sdk";
import { projectServer } from "./project-server";

const { server, run } = projectServer();
const get = async (path: string) =>
  (await fetch(`${server().origin}${path}`, { headers: { authorization: `Bearer ${server().secretKey}` } })).json();

test("global hooks come before the task's own, catchError after it, and all of them inside the middleware", async () => {
  const { metadata, status } = await run("ordered", {});
  const first = [
    "global in",
    "task in",
    "global start",
    "task start",
    "global attempt",
    "task attempt",
    "task catch",
    "global catch",
    "task out",
    "global out",
  ];
  const second = [
    "global in",
    "task in",
    "global attempt",
    "task attempt",
    "global success",
    "task success",
    "global complete",
    "task complete",
    "task out",
    "global out",
  ];
  expect([status, metadata?.["order"]]).toEqual(["COMPLETED", [...first, ...second]]);
});

test("middleware that throws is tried again by the task's retry options, and catchError is not asked", async () => {
  const ended = await run("bad-middleware", {});
  expect(ended).toMatchObject({ status: "FAILED", attemptCount: 2, error: { message: "the middleware broke" } });
  expect(ended.metadata?.["asked"]).toBeUndefined();
});

test("ctx.run.tags is what the run began with, and children inherit none", async () => {
  const { id } = await tasks.trigger("inherits", {}, { tags: ["first"] });
  const ended = await runs.poll(id);
  expect(ended).toMatchObject({ output: { snapshot: ["first"], child: [] } });
  expect(ended.tags).toEqual(["first", "later"]);
});

test("a wait with a key that is over is not waited for again by the next attempt", async () => {
  const { id } = await tasks.trigger("keyed-wait", {});
  expect(await runs.poll(id)).toMatchObject({ status: "COMPLETED", output: 2 });
  const { events } = await get(`/api/v1/runs/${id}/events`);
  expect(events.filter(({ type }: { type: string }) => type === "waiting")).toHaveLength(1);
});

test("deprecated streams, spans, heartbeats, the time-out signal, checks at the call, subscriptions given up, tokens and raw answers", async () => {
  const { id, output } = await run("odds", {});
  const { child, ...rest } = output as { child: [string, boolean] }; // the fixture returns it
  expect(rest).toEqual({ isSignal: true, beat: true, refused: true, aborted: true, hours: 3, responses: [true, 200, 200], ofProject: 1 });
  expect(child[1]).toBe(true);
  await expect.poll(async () => (await runs.retrieve(child[0])).status, { timeout: 15_000 }).toBe("CANCELED");
  const letters: unknown[] = [];
  for await (const letter of await streams.read(id, "letters")) letters.push(letter);
  expect(letters).toEqual(["a", "b"]);
  expect(JSON.stringify(await get(`/api/v1/runs/${id}/trace`))).toContain('"message":"a span of its own"');
});

test("a child process that was killed for its memory counts as out of memory", async () => {
  const { id, status } = await run("eater", {});
  expect(status).toBe("CRASHED");
  expect((await get(`/api/v1/runs/${id}/result`)).error).toMatchObject({ code: "TASK_PROCESS_OOM_KILLED" });
});

test.each(["arktype", "yup", "superstruct", "valibot", "valibot-parser", "effect", "effect-standard", "runtypes", "typebox", "function"])(
  "a schemaTask takes a validator of %s: defaults reach run(), what does not fit is an input error without retries",
  async (kind) => {
    const n = kind === "runtypes" ? "none" : "1";
    expect(await run(`schema-${kind}`, { text: "hey" })).toMatchObject({ status: "COMPLETED", output: `hey ${n}` });
    const refused = await run(`schema-${kind}`, { n: 5 });
    expect(refused).toMatchObject({ status: "FAILED", attemptCount: 1 });
    expect((await get(`/api/v1/runs/${refused.id}/result`)).error).toMatchObject({ code: "TASK_INPUT_ERROR" });
  },
);

test("onWait and onResume are told of each wait with its ids: onWait before it, when the child is there", async () => {
  const { output, metadata, relatedRuns } = await run("told-of-waits", {});
  const { child, again, value, batch, outputs, token } = output as Record<string, unknown>; // the fixture returns it
  expect([again, value, outputs]).toEqual([child, 1, [3, 4]]);
  const waits = [
    { type: "task", taskIdentifier: "waits-leaf", runId: child },
    { type: "task", taskIdentifier: "waits-leaf", runId: child },
    { type: "batch", runCount: 2, batchId: batch },
    { type: "token", token },
  ];
  expect(metadata?.["waits"]).toEqual(
    waits.flatMap((wait) => [
      { hook: "onWait", ...wait },
      { hook: "onResume", ...wait },
    ]),
  );
  expect(relatedRuns.children?.map((run) => run.triggerFunction).toSorted()).toEqual([
    "batchTriggerAndWait",
    "batchTriggerAndWait",
    "triggerAndWait",
  ]);
  const refusing = await run("refuses-to-wait", {});
  expect(refusing).toMatchObject({ status: "COMPLETED", output: "Error: not now" });
  const { events } = await get(`/api/v1/runs/${refusing.id}/events`);
  expect(events.map(({ type }: { type: string }) => type)).not.toContain("waiting");
});
