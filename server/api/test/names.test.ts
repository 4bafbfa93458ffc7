import { serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auth, configure, queues, runs, tasks, wait } from "upstream-sdk";
import { deploy } from "../../engine/versions/deploy";
import { manifest, openHarness, type Harness } from "./harness";

/** The published client, unchanged, on names that its addresses and lists spell in ways of their own. */
let api: Harness;
let server: ReturnType<typeof serve>;

const ids = ["邮件", "订单", "emails.send", "emails-send", "emails send", "50% off", "a/b", "a%2Fc", "import, all", "task/x"];
const names = ["my queue", "my-queue", "队列", "x/y z", "100%", "queue_of", "a,b"];

beforeAll(async () => {
  api = await openHarness();
  await deploy(api.engine, {
    contentHash: "names",
    bundle: "names",
    manifest: {
      ...manifest,
      tasks: [...manifest.tasks, ...ids.map((id) => ({ id, filePath: "trigger/names.ts", queue: `task/${id}` }))],
      queues: [
        ...ids.map((id, n) => ({ name: `task/${id}`, concurrencyLimit: n + 1 })),
        ...names.map((name, n) => ({ name, concurrencyLimit: n + 1 })),
      ],
    },
  });
  await new Promise<void>((resolve) => {
    server = serve({ fetch: api.api.app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
      api.origin = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
  configure({ baseURL: api.origin, accessToken: api.secretKey, requestOptions: { retry: { maxAttempts: 1 } } });
});
afterAll(async () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await api.close();
});

test.each(ids.map((id, n) => [id, n + 1]))("the queue of the task %j is found by its id, and paused alone", async (id, limit) => {
  expect(await queues.retrieve({ type: "task", name: id })).toMatchObject({ name: id, type: "task", concurrencyLimit: limit });
  expect(await queues.retrieve(`queue_task/${id}`)).toMatchObject({ name: id });
  await queues.pause({ type: "task", name: id });
  expect(await api.db.query("select name from queue where paused")).toEqual([{ name: `task/${id}` }]);
  await queues.resume({ type: "task", name: id });
});

test.each(names.map((name, n) => [name, n + 1]))(
  "the queue %j is found by its name, named at a trigger, and listed by",
  async (name, limit) => {
    expect(await queues.retrieve({ type: "custom", name })).toMatchObject({
      id: `queue_${name}`,
      name,
      type: "custom",
      concurrencyLimit: limit,
    });
    expect(await queues.retrieve(`queue_${name}`)).toMatchObject({ name });
    const { id } = await tasks.trigger("邮件", {}, { queue: name });
    const page = await runs.list({ queue: { type: "custom", name } });
    expect(page.data.map((run) => run.id)).toEqual([id]);
  },
);

test("runs of tasks with any letters are triggered and listed", async () => {
  for (const id of ids) {
    const { id: run } = await tasks.trigger(id, {});
    const page = await runs.list({ taskIdentifier: [id, "hello"] });
    expect(page.data.map((each) => each.id)).toContain(run);
    expect(page.data.every((each) => each.taskIdentifier === id)).toBe(true);
  }
});

describe("tags with commas", () => {
  let jane = "";
  let john = "";
  beforeAll(async () => {
    jane = (await tasks.trigger("hello", {}, { tags: ["Doe, Jane", "vip"] })).id;
    john = (await tasks.trigger("hello", {}, { tags: ["Doe, John"] })).id;
  });
  const listed = async (tag: string | string[]) => (await runs.list({ tag })).data.map((run) => run.id);

  test("are found by lists, alone and among others, of which any is enough", async () => {
    expect(await listed("Doe, Jane")).toEqual([jane]);
    expect(await listed(["nobody", "Doe, John", "vip"])).toEqual([john, jane]);
    expect(await listed(["vip", "nobody"])).toEqual([jane]);
  });

  test("are found by lists of wait tokens", async () => {
    const token = await wait.createToken({ tags: ["to, sign", "x"] });
    const found = async (tags: string | string[]) => (await wait.listTokens({ tags })).data.map(({ id }) => id);
    expect([await found("to, sign"), await found(["nobody", "x"])]).toEqual([[token.id], [token.id]]);
  });

  test("are followed live, from the first answer and as they come", async () => {
    const seen: string[] = [];
    for await (const run of runs.subscribeToRunsWithTag(["Doe, Jane", "vip"])) {
      seen.push(run.id);
      if (seen.length === 1) seen.push((await tasks.trigger("hello", {}, { tags: ["vip", "Doe, Jane"] })).id);
      else break;
    }
    expect(seen).toEqual([jane, seen[1], seen[1]]);
  });

  test("show a token's holder no other runs", async () => {
    const follow = async (scopes: Record<string, string[]>) => {
      const token = await auth.createPublicToken({ scopes: { read: scopes } });
      const answer = await api.call("GET", `/realtime/v1/runs?tags=${encodeURIComponent("Doe, Jane")}`, { as: token });
      return answer.status === 200 ? answer.body.flatMap((row: { value?: { id: string } }) => row.value?.id ?? []) : answer.status;
    };
    expect(await follow({ tags: ["Doe, Jane"] })).toContain(jane);
    expect(await follow({ tags: ["Doe"] })).toEqual([]);
    expect(await follow({ tags: ["vap"] })).toBe(403);
  });
});
