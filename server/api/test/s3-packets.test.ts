import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auth, configure, runs, tasks } from "upstream-sdk";
import { openTestBucket, type TestBucket } from "@/test/bucket";
import { openPacketStore } from "../../db/packets";
import { openS3Packets } from "../../db/s3-packets";
import { openHarness, type Harness } from "./harness";

/** The API with its packets in a bucket. */
let folder: string;
let bucket: TestBucket;
let api: Harness;
let server: ReturnType<typeof serve>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "s3-api-"));
  bucket = await openTestBucket();
  const packets = openS3Packets(bucket.settings, openPacketStore(folder));
  api = await openHarness({ packets });
  await new Promise<void>((resolve) => {
    server = serve({ fetch: api.api.app.fetch, port: 0, hostname: "127.0.0.1" }, (at) => {
      api.origin = `http://127.0.0.1:${at.port}`;
      resolve();
    });
  });
  configure({ baseURL: api.origin, accessToken: api.secretKey, requestOptions: { retry: { maxAttempts: 1 } } });
});
afterAll(async () => {
  if ("closeAllConnections" in server) server.closeAllConnections();
  server.close();
  await api.close();
  await bucket.close();
  await rm(folder, { recursive: true });
});

test("a large payload lies in the bucket, and the published client reads it there; only what reads the run is given its address", async () => {
  const payload = { text: "é".repeat(300_000) };
  const handle = await tasks.trigger("hello", payload);
  expect((await runs.retrieve(handle.id)).payload).toEqual(payload);
  const { body } = await api.call("GET", `/api/v1/runs/${handle.id}/packets/payload`);
  expect(body.presignedUrl).toMatch(/\/my-packets\/packets\/run_\w+\/payload\/[0-9a-f]{32}\?.*X-Amz-Signature=/);
  const again = await fetch(body.presignedUrl);
  expect([again.headers.get("content-type"), await again.json()]).toEqual(["application/super+json", { json: payload }]);
  // Its own token reads it, another's does not.
  const own = await auth.withAuth({ baseURL: api.origin, accessToken: handle.publicAccessToken }, () => runs.retrieve(handle.id));
  expect(own.payload).toEqual(payload);
  const foreign = api.issuer.publicToken({ scopes: ["read:runs:run_other"], expiresAt: Date.now() + 60_000 });
  const [key = ""] = /run_\w+\/payload\/[0-9a-f]{32}/.exec(body.presignedUrl) ?? [];
  expect((await api.call("GET", `/api/v1/packets/${encodeURIComponent(key)}`, { as: foreign })).status).toBe(403);
  for await (const run of runs.subscribeToRun(handle.id)) {
    expect(run.payload).toEqual(payload);
    break;
  }
});

test("while the bucket cannot be reached, what needs it is a 503 that may be tried again, and the rest goes on", async () => {
  await bucket.down();
  const large = await api.call("POST", "/api/v1/tasks/hello/trigger", { body: { payload: { text: "x".repeat(600_000) } } });
  expect([large.status, large.body.code]).toEqual([503, "unavailable"]);
  expect((await api.call("POST", "/api/v1/tasks/hello/trigger", { body: { payload: 1 } })).status).toBe(200);
  expect(api.logged().join()).not.toContain("S3RVER");
});
