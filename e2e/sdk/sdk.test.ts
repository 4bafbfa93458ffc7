import { expect, test } from "vitest";
import { auth, batch, envvars, runs, streams, tasks, wait } from "upstream-sdk";
import { projectServer } from "./project-server";

const { server, run } = projectServer();

test.each<[what: string, task: string, payload: unknown, output: unknown]>([
  ["a task", "double", { n: 4 }, { doubled: 8 }],
  ["a zod schema's defaults and coercions", "shout", { text: "hey" }, { loud: "HEY", at: "1970-01-01T00:00:00.000Z" }],
  ["any Standard Schema", "increment", 4, 5],
  ["retry options of a task", "stubborn", undefined, 3],
  [
    "ctx, and what the config gives",
    "context",
    undefined,
    {
      isOwn: true,
      task: "context",
      queue: "task/context",
      attempt: 1,
      environment: "prod",
      project: "proj_sdk_test",
      machine: "small-2x",
      measured: true,
    },
  ],
  ["chunks piped, appended and read", "writer", undefined, ["one ", "two ", "three"]],
  ["waits and tokens", "waits", undefined, { waited: true, answer: { fine: true }, late: "WaitpointTimeoutError", status: "COMPLETED" }],
])("%s", async (_, task, payload, output) => {
  expect(await run(task, payload)).toMatchObject({ status: "COMPLETED", output });
});

test.each([
  ["AbortTaskRunError", "aborts", "never again", 1],
  ["catchError", "caught", "not worth it", 1],
  ["the config's retries", "config-retried", "twice, as the config says", 2],
])("%s decides how often a failing task is tried", async (_, task, message, attemptCount) => {
  expect(await run(task)).toMatchObject({ status: "FAILED", error: { message }, attemptCount });
});

test("children: one, many, of several tasks, unwrapped, failed, and two at once beside a wait", async () => {
  const parent = await run("children");
  expect(parent.output).toEqual({
    one: { ok: true, id: expect.stringMatching(/^run_/), taskIdentifier: "double", output: { doubled: 8 } },
    unwrapped: { doubled: 10 },
    refused: "AbortTaskRunError: never again",
    many: [2, 4],
    mixed: [2, { loud: "HEY", at: "1970-01-01T00:00:00.000Z" }],
    parallel: ["done", "done"],
  });
  expect(parent.metadata).toEqual({ children: 2, log: ["a child was here", "a child was here"] });
  expect(parent.relatedRuns.children).toHaveLength(9);
});

test("stored variables are set from inside a run, reach the next run at once, and leave the one that is under way alone", async () => {
  const first = await run("variables", { SHADE: "light", DEPTH: "1" });
  expect(first.output).toEqual({
    found: { SHADE: null, DEPTH: null },
    listed: { SHADE: "light", DEPTH: "1" },
    one: { name: "SHADE", value: "light", isSecret: false },
    isCurrent: true,
    still: null,
  });
  expect((await run("variables", { SHADE: "dark" })).output).toMatchObject({
    found: { SHADE: "light" },
    listed: { SHADE: "dark", DEPTH: "1" },
    still: "light",
  });
  await envvars.del("proj_sdk_test", "prod", "DEPTH");
  expect((await run("variables", { SHADE: "dark", DEPTH: "2" })).output).toMatchObject({ found: { SHADE: "dark", DEPTH: null } });
});

test("metadata, tags, logger and spans", async () => {
  const { id, output, metadata, tags } = await run("notes");
  expect(output).toMatchObject({ traced: 7, n: 2 });
  expect(metadata).toEqual({ a: 1, list: ["y"], n: 2, nested: { deep: 2 } });
  expect(tags).toEqual(["added", "twice"]);
  const trace = JSON.stringify(
    (
      await fetch(`${server().origin}/api/v1/runs/${id}/trace`, { headers: { authorization: `Bearer ${server().secretKey}` } }).then(
        (response) => response.json(),
      )
    ).trace,
  );
  for (const said of ["small", "with facts", "careful", "bad", "from the console", "own span"])
    expect(trace).toContain(`"message":"${said}`);
});

test("hooks and middleware, in their order and around a wait", async () => {
  const { output, metadata } = await run("hooked");
  expect([output, metadata]).toEqual([
    "sweet",
    { hooks: ["start sweet", "wait duration", "resume duration", "success sweet", "complete true"] },
  ]);
});

test("runs and tokens from inside a run, with every option of a trigger", async () => {
  const { output } = await run("remote");
  const { tokens, ...rest } = output as { tokens: [string, string] }; // the fixture returns it
  expect(rest).toEqual({
    isCached: true,
    ended: ["COMPLETED", 16, ["t"], { m: 1 }, "10m"],
    moved: "DELAYED",
    canceled: "CANCELED",
    listed: true,
    followed: "COMPLETED",
  });
  const [reader, starter] = tokens;
  await auth.withAuth({ baseURL: server().origin, accessToken: reader }, async () => {
    await expect(tasks.trigger("double", { n: 1 })).rejects.toMatchObject({ status: 403 });
  });
  await auth.withAuth({ baseURL: server().origin, accessToken: starter }, async () => {
    expect((await tasks.trigger("double", { n: 1 })).id).toMatch(/^run_/);
    await expect(tasks.trigger("double", { n: 1 })).rejects.toMatchObject({ status: 422 });
  });
});

test("the published client follows a stream, completes a token, cancels and batches", async () => {
  const written = await tasks.trigger("writer", undefined);
  const words: unknown[] = [];
  for await (const word of await streams.read(written.id, "words", { timeoutInSeconds: 20 })) words.push(word);
  expect(words).toEqual(["one ", "two ", "three"]);
  const token = await wait.createToken({ timeout: "1m" });
  await wait.completeToken(token, { yes: true });
  expect(await wait.retrieveToken(token.id)).toMatchObject({ status: "COMPLETED", output: { yes: true } });
  const held = await tasks.trigger("held", undefined);
  await expect.poll(async () => (await runs.retrieve(held.id)).status).toBe("EXECUTING");
  await runs.cancel(held.id);
  expect((await runs.retrieve(held.id)).status).toBe("CANCELED");
  const made = await batch.trigger([
    { id: "double", payload: { n: 1 } },
    { id: "increment", payload: 1 },
  ]);
  await expect.poll(async () => (await batch.retrieve(made.batchId)).status).toBe("COMPLETED");
});

test("input is sent by the published client, from a task and by what waits, and what came early is there", async () => {
  const approval = streams.input<{ approved: boolean }>({ id: "approval" });
  const words = streams.input<string>({ id: "words" });
  const early = await tasks.trigger("asks", {}, { delay: "1s" });
  await approval.send(early.id, { approved: false });
  const waiting = await tasks.trigger("asks", {});
  await expect.poll(async () => (await runs.retrieve(waiting.id)).status, { timeout: 15_000 }).toBe("WAITING");
  expect((await run("tells", { to: waiting.id })).output).toMatch(/run_missing not found/);
  const listening = await tasks.trigger("listens", undefined);
  await expect.poll(async () => (await runs.retrieve(listening.id)).status, { timeout: 15_000 }).toBe("WAITING");
  for (const word of ["a", "b"]) await words.send(listening.id, word);
  await expect.poll(async () => (await runs.retrieve(listening.id)).metadata, { timeout: 15_000 }).toMatchObject({ heard: 2 });
  await approval.send(listening.id, { approved: true });
  await expect.poll(async () => (await runs.retrieve(listening.id)).metadata, { timeout: 15_000 }).toMatchObject({ timedOut: true });
  for (const word of ["c", "d"]) await words.send(listening.id, word);
  const patient = await tasks.trigger("patient", undefined);
  await expect.poll(async () => (await runs.retrieve(patient.id)).status, { timeout: 15_000 }).toBe("WAITING");
  await words.send(patient.id, "at last");
  const outputs = await Promise.all([early, waiting, listening, patient].map(async ({ id }) => (await runs.poll(id)).output));
  expect(outputs).toEqual([
    { ok: true, output: { approved: false } },
    { ok: true, output: { approved: true } },
    {
      isEmpty: true,
      heard: ["a", "b"],
      go: { approved: true },
      timedOut: 'InputStreamTimeoutError: Nothing was sent to the input stream "words" within 100 ms',
      aborted: "AbortError",
      both: ["c", "d"],
    },
    { skipped: "WaitpointTimeoutError", phases: ["suspend", "resume"], found: "at last" },
  ]);
  expect((await run("asks", { timeout: "1s" })).output).toMatchObject({ ok: false, error: { name: "WaitpointTimeoutError" } });
  await expect(words.send(patient.id, "too late")).rejects.toMatchObject({ status: 400 });
});

test("chunks go to the run itself, its parent, its root and to a run by its id; a writer merges; reading ends with the documented errors", async () => {
  const top = await run("told", {});
  const { middle, leaf } = top.output as { middle: string; leaf: string }; // the fixture returns it
  const read = async (id: string, key = "told") => {
    const parts: string[] = [];
    for await (const part of await streams.read<string>(id, key, { timeoutInSeconds: 20 })) parts.push(part);
    return parts.toSorted((a, b) => a.localeCompare(b));
  };
  expect(await Promise.all([read(leaf), read(middle), read(top.id)])).toEqual([
    ["to itself"],
    ["to its parent"],
    ["to a run by its id", "to the root"],
  ]);
  const written = await run("writes", {});
  expect(written.output).toMatchObject({ refused: ["TimeoutError", "AbortError"] });
  const parts = ["first", "merged 1", "merged 2"];
  expect([(written.output as { here: string[] }).here.toSorted((a, b) => a.localeCompare(b)), await read(written.id, "written")]).toEqual([
    parts,
    parts,
  ]); // as above
});

test("a trace holds the runs that were waited for, below what waited, and comes in pages too", async () => {
  const top = await run("told", {});
  const { middle, leaf } = top.output as { middle: string; leaf: string }; // the fixture returns it
  const get = async (query = "") =>
    (
      await fetch(`${server().origin}/api/v1/runs/${top.id}/trace${query}`, { headers: { authorization: `Bearer ${server().secretKey}` } })
    ).json();
  interface Node {
    runId: string;
    data: { message: string };
    children: Node[];
  }
  const paths = (node: Node, above: string[] = []): string[][] => [
    [...above, node.data.message],
    ...node.children.flatMap((child) => paths(child, [...above, node.data.message])),
  ];
  // Telemetry is written a moment after what it tells of.
  const found = async () => paths((await get()).trace.rootSpan).map((path) => path.join(" > "));
  await expect
    .poll(found, { timeout: 15_000 })
    .toContain(
      "told > Attempt 1 > middleware outermost > run() > told-middle.triggerAndWait() > told-middle > Attempt 1 > middleware outermost > run() > told-leaf.triggerAndWait() > told-leaf",
    );
  const pages: { runId: string; id: string }[] = [];
  for (let after = ""; ;) {
    const { data, pagination } = await get(`?page[size]=3${after}`);
    pages.push(...data);
    if (pagination.next === undefined) break;
    after = `&page[after]=${pagination.next}`;
  }
  expect(new Set(pages.map(({ id }) => id)).size).toBe(pages.length);
  expect([...new Set(pages.map(({ runId }) => runId))]).toEqual([top.id, middle, leaf]);
  expect(await get("?page[after]=nonsense")).toMatchObject({ error: expect.stringContaining("page[after]") });
});
