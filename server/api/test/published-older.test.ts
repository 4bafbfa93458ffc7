import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as v40 from "upstream-sdk-4-0";
import * as v43 from "upstream-sdk-4-3";
import { cancelRun } from "../../engine/running/cancel-run";
import { openHarness, type Harness } from "./harness";

/** Older published clients of version 4, unchanged: the calls that applications make most. */
let api: Harness;
let server: Server;

beforeAll(async () => {
  api = await openHarness();
  const framework = getRequestListener(api.api.app.fetch);
  server = createServer((request, response) => void (api.api.hotTrigger.handle(request, response) || framework(request, response))).listen(
    0,
    "127.0.0.1",
  );
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  api.origin = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await api.close();
});

// What is called here both have; the types of one and the other differ in names alone.
const clients: [name: string, client: typeof v40][] = [
  ["4.0", v40],
  ["4.3", v43 as unknown as typeof v40],
];

describe.each(clients)("the client %s", (name, { auth, batch, queues, runs, tasks, wait }) => {
  const withKey = <T>(work: () => Promise<T>) =>
    auth.withAuth({ baseURL: api.origin, accessToken: api.secretKey, requestOptions: { retry: { maxAttempts: 1 } } }, work);

  test("triggers, reads, lists, cancels and replays", async () => {
    await withKey(async () => {
      const tag = `tag-${name}`;
      const handle = await tasks.trigger(
        "hello",
        { at: new Date(0) },
        { tags: [tag], metadata: { step: 1 }, idempotencyKey: `once-${name}` },
      );
      expect((await tasks.trigger("hello", {}, { idempotencyKey: `once-${name}` })).id).toBe(handle.id);
      expect(await runs.retrieve(handle.id)).toMatchObject({
        id: handle.id,
        status: "QUEUED",
        payload: { at: "1970-01-01T00:00:00.000Z" },
        metadata: { step: 1 },
      });
      const own = await auth.withAuth({ baseURL: api.origin, accessToken: handle.publicAccessToken }, () => runs.retrieve(handle.id));
      expect(own.id).toBe(handle.id);
      const listed: string[] = [];
      for await (const run of runs.list({ tag, limit: 1 })) listed.push(run.id);
      expect(listed).toEqual([handle.id]);
      await runs.cancel(handle.id);
      expect(await runs.poll(handle.id)).toMatchObject({ status: "CANCELED", isCancelled: true });
      expect((await runs.retrieve((await runs.replay(handle.id)).id)).payload).toEqual({ at: "1970-01-01T00:00:00.000Z" });
      await expect(runs.retrieve("run_missing")).rejects.toMatchObject({ status: 404 });
    });
  });

  test("batches, large payloads and queues", async () => {
    await withKey(async () => {
      const handle = await tasks.batchTrigger("hello", [{ payload: { n: 1 } }, { payload: { text: "x".repeat(300_000) } }]);
      const { runs: ids } = await batch.retrieve(handle.batchId);
      expect(ids).toHaveLength(2);
      expect((await runs.retrieve(ids[1] ?? "")).payload).toEqual({ text: "x".repeat(300_000) });
      expect(await queues.retrieve({ type: "task", name: "hello" })).toMatchObject({ name: "hello", paused: false });
    });
  });

  test("makes and answers wait tokens, and public tokens of its own", async () => {
    await withKey(async () => {
      const token = await wait.createToken({ timeout: "10m" });
      await auth.withAuth({ baseURL: api.origin, accessToken: token.publicAccessToken }, () => wait.completeToken(token.id, { yes: true }));
      expect(await wait.retrieveToken(token.id)).toMatchObject({ status: "COMPLETED", output: { yes: true } });
      const { id } = await tasks.trigger("hello", {});
      const publicToken = await auth.createPublicToken({ scopes: { read: { runs: [id] } } });
      const read = await auth.withAuth({ baseURL: api.origin, accessToken: publicToken }, () => runs.retrieve(id));
      expect(read.id).toBe(id);
    });
  });

  test("follows a run to its end", async () => {
    await withKey(async () => {
      const { id } = await tasks.trigger("hello", {});
      const seen: string[] = [];
      // These clients ask no longer once a run has ended, but no answer ends their loops: nothing in them closes what a loop reads.
      for await (const run of runs.subscribeToRun(id)) {
        if (seen.push(run.status) === 1) await cancelRun(api.engine, id, { by: "test" });
        if (run.finishedAt !== undefined) break;
      }
      expect(seen).toEqual(["QUEUED", "CANCELED"]);
    });
  });
});
