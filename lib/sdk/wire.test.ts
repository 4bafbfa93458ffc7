import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as upstream from "upstream-sdk";
import * as ours from "@trigger.dev/sdk";

interface Seen {
  method: string;
  path: string;
  body: unknown;
  headers: IncomingMessage["headers"];
}

let server: Server;
let seen: Seen[] = [];
let failures: number[] = [];

const run = {
  id: "run_1",
  status: "COMPLETED",
  taskIdentifier: "a",
  isQueued: false,
  isExecuting: false,
  isWaiting: false,
  isCompleted: true,
  isSuccess: true,
  isFailed: false,
  isCancelled: false,
  isTest: false,
  createdAt: "2030-01-01T00:00:00.000Z",
  updatedAt: "2030-01-01T00:00:00.000Z",
  tags: [],
  costInCents: 0,
  baseCostInCents: 0,
  durationMs: 1,
  depth: 0,
  triggerFunction: "trigger",
  relatedRuns: {},
  attemptCount: 1,
  env: { id: "env_1", name: "prod" },
  payload: { n: 1 },
  output: 2,
};
const deployment = {
  id: "deployment_1",
  createdAt: "2030-01-01T00:00:00.000Z",
  shortCode: "20300101.1",
  version: "20300101.1",
  runtime: "node",
  runtimeVersion: "22.0.0",
  status: "DEPLOYED",
};
const bulkAction = {
  id: "bulk_1",
  type: "CANCEL",
  status: "COMPLETED",
  counts: { total: 1, success: 1, failure: 0 },
  createdAt: "2030-01-01T00:00:00.000Z",
};
const answers: [RegExp, unknown][] = [
  [/^POST \/api\/v1\/tasks\/.*\/trigger$/, { id: "run_1", isCached: false }],
  [/^POST \/api\/v3\/batches$/, { id: "batch_1", runCount: 2, isCached: false }],
  [/items$/, { id: "batch_1", itemsAccepted: 2, itemsDeduplicated: 0, sealed: true }],
  [/^POST .*waitpoints\/tokens$/, { id: "waitpoint_1", isCached: false, url: "http://x" }],
  [/complete$/, { success: true }],
  [/^GET \/api\/v3\/runs/, run],
  [/^GET \/api\/v1\/runs\?/, { data: [run], pagination: {} }],
  [/^GET \/api\/v1\/queues\//, { id: "q", name: "q", type: "custom", running: 0, queued: 0, paused: false, concurrencyLimit: null }],
  [/reset$/, { id: "key" }],
  [/cancel$|replay$|abort$/, { id: "run_1" }],
  [/^GET \/api\/v1\/bulk-actions\?/, { data: [bulkAction], pagination: {} }],
  [/bulk-actions/, bulkAction],
  [/reschedule$/, run],
  [/public-tokens$/, { token: "jwt" }],
  [/^GET .*envvars\/prod$/, []],
  [/^GET .*envvars\/prod\/A$/, { name: "A", value: "1", isSecret: false }],
  [/envvars/, { success: true }],
  [/deployments\/current$/, deployment],
  [/deployments\?/, { data: [deployment], pagination: {} }],
];

beforeAll(async () => {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // bodies of node:http are buffers
    const text = Buffer.concat(chunks).toString();
    const lines = text.split("\n").filter((line) => line !== "");
    const isLines = request.headers["content-type"] === "application/x-ndjson";
    seen.push({
      method: request.method ?? "",
      path: request.url ?? "",
      body: text === "" ? undefined : isLines ? lines.map((line) => JSON.parse(line) as unknown) : (JSON.parse(text) as unknown),
      headers: request.headers,
    });
    const failure = failures.shift();
    if (failure !== undefined) {
      response.writeHead(failure, { "content-type": "application/json" }).end(JSON.stringify({ error: `refused ${failure}`, code: "why" }));
      return;
    }
    const body = answers.find(([pattern]) => pattern.test(`${request.method} ${request.url}`))?.[1] ?? {};
    response.writeHead(200, { "content-type": "application/json", "x-trigger-jwt": "handle-token" }).end(JSON.stringify(body));
  };
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A port listens: the address is no pipe.
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const sdk of [upstream, ours]) sdk.configure({ baseURL, secretKey: "tr_dev_test" });
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  seen = [];
  failures = [];
});

type Sdk = typeof ours;
const when = new Date("2031-01-01T00:00:00.000Z");
const options = {
  tags: ["a"],
  metadata: { n: 1 },
  delay: when,
  ttl: 60,
  queue: "mail",
  concurrencyKey: "k",
  idempotencyKey: "once",
  idempotencyKeyTTL: "1h",
  maxAttempts: 2,
  maxDuration: 9,
  machine: "small-2x",
  priority: 3,
} as const;

/** Each call, made with both SDKs: what goes over the wire must be the same. */
const calls: Record<string, (sdk: Sdk) => Promise<unknown>> = {
  trigger: (sdk) => sdk.tasks.trigger("my task", { at: when, big: 5n }, { ...options, tags: [...options.tags] }),
  "trigger text": (sdk) => sdk.tasks.trigger("a", "plain"),
  "trigger nothing": (sdk) => sdk.tasks.trigger("a", undefined),
  "trigger with a made key": async (sdk) =>
    sdk.tasks.trigger("a", 1, { idempotencyKey: await sdk.idempotencyKeys.create(["x", "y"], { scope: "global" }) }),
  batchTrigger: (sdk) => sdk.tasks.batchTrigger("a", [{ payload: 1, options: { tags: "t" } }, { payload: "text" }]),
  "batch.trigger with a key": (sdk) =>
    sdk.batch.trigger(
      [
        { id: "b", payload: 1 },
        { id: "a", payload: { n: 2 } },
      ],
      { idempotencyKey: "batch-key" },
    ),
  "wait.createToken": (sdk) => sdk.wait.createToken({ timeout: "10m", tags: ["x"], idempotencyKey: "raw" }),
  "wait.completeToken": (sdk) => sdk.wait.completeToken({ id: "waitpoint_1" }, { at: when }),
  "runs.retrieve": (sdk) => sdk.runs.retrieve("run_1"),
  "runs.list": (sdk) =>
    sdk.runs.list({
      status: ["COMPLETED", "FAILED"],
      taskIdentifier: "a",
      tag: ["x", "y"],
      queue: { type: "task", name: "q" },
      from: when,
      limit: 5,
      after: "c",
    }),
  "runs.cancel": (sdk) => sdk.runs.cancel("run_1"),
  "runs.reschedule": (sdk) => sdk.runs.reschedule("run_1", { delay: "1h" }),
  "runs.replay": (sdk) => sdk.runs.replay("run_1"),
  "runs.bulk.cancel": (sdk) => sdk.runs.bulk.cancel({ filter: { status: "QUEUED", tag: ["a"], from: when }, name: "n" }),
  "runs.bulk.replay": (sdk) => sdk.runs.bulk.replay({ runIds: ["run_1"], targetRegion: "eu" }),
  "runs.bulk.retrieve": (sdk) => sdk.runs.bulk.retrieve("bulk_1"),
  "runs.bulk.list": (sdk) => sdk.runs.bulk.list({ limit: 5, after: "c" }),
  "runs.bulk.abort": (sdk) => sdk.runs.bulk.abort("bulk_1"),
  "queues.retrieve": (sdk) => sdk.queues.retrieve({ type: "custom", name: "a/b" }),
  "envvars.list": (sdk) => sdk.envvars.list("proj_a", "prod"),
  "envvars.create": (sdk) => sdk.envvars.create("proj_a", "prod", { name: "A", value: "b=c\n" }),
  "envvars.retrieve": (sdk) => sdk.envvars.retrieve("proj_a", "prod", "A"),
  "envvars.del": (sdk) => sdk.envvars.del("proj_a", "prod", "A"),
  "envvars.upload": (sdk) => sdk.envvars.upload("proj_a", "prod", { variables: { A: "1" }, override: true }),
  "deployments.retrieveCurrent": (sdk) => sdk.deployments.retrieveCurrent(),
  "deployments.list": (sdk) => sdk.deployments.list({ status: "DEPLOYED", period: "7d", limit: 5, cursor: "deployment_1" }),
  "idempotencyKeys.reset": (sdk) => sdk.idempotencyKeys.reset("a", "raw", { scope: "run", parentRunId: "run_p" }),
};

const volatile = new Set([
  "x-trigger-request-idempotency-key",
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "user-agent",
  "accept",
  "cache-control",
  "pragma",
  "accept-encoding",
  "accept-language",
  "sec-fetch-mode",
  "traceparent",
  "tracestate",
]);
function comparable({ method, path, body, headers }: Seen) {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !volatile.has(name)));
  const hasKey = headers["x-trigger-request-idempotency-key"] !== undefined;
  const [pathname, query] = path.split("?");
  // An empty body and an empty object say the same.
  return {
    method,
    pathname,
    query: [...new URLSearchParams(query)].map((pair) => pair.join("=")).toSorted(),
    body: JSON.stringify(body) === "{}" ? undefined : normal(body),
    headers: kept,
    hasKey,
  };
}
/**
 * Differences that mean nothing to a server: sizes of items, one tag or a list of one, superjson's own version number,
 * and the readable form of a batch's key, which only we send.
 */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== "object" || value === null) return value;
  const isBatch = "runCount" in value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "payloadSize" && !(isBatch && name === "idempotencyKeyOptions"))
      .map(([name, inner]) => [
        name,
        name === "tags"
          ? [inner].flat()
          : name === "payload" && typeof inner === "string"
            ? inner.replace(/,"v":1}}$/, "}}")
            : normal(inner),
      ]),
  );
}

describe("goes over the wire as the published client sends it", () => {
  test.each(Object.entries(calls))("%s", async (_, call) => {
    // The published SDK has the same calls under other type names.
    await call(upstream as unknown as Sdk);
    const theirs = seen.splice(0).map(comparable);
    await call(ours);
    expect(seen.map(comparable)).toEqual(theirs);
    expect(theirs.length).toBeGreaterThan(0);
  });
});

test("handles carry the server's token", async () => {
  expect(await ours.tasks.trigger("a", 1)).toMatchObject({ id: "run_1", taskIdentifier: "a", publicAccessToken: "handle-token" });
  expect(await ours.batch.trigger([{ id: "a", payload: 1 }])).toMatchObject({ batchId: "batch_1", publicAccessToken: "handle-token" });
});

test("refusals become the error of their status; what may pass is tried again with the same key", async () => {
  failures = [422];
  await expect(ours.tasks.trigger("a", 1)).rejects.toMatchObject({
    name: "TriggerApiError",
    status: 422,
    message: "refused 422",
    code: "why",
  });
  failures = [404];
  await expect(ours.runs.retrieve("run_x")).rejects.toBeInstanceOf(ours.NotFoundError);
  seen = [];
  failures = [503];
  await ours.runs.cancel("run_1", { retry: { maxAttempts: 2, minTimeoutInMs: 1 } });
  expect(seen).toHaveLength(2);
  expect(seen[0]?.headers["x-trigger-request-idempotency-key"]).toBe(seen[1]?.headers["x-trigger-request-idempotency-key"]);
});

test("envvars.update sends the value; outside of runs a place is needed", async () => {
  // The published one of this version throws a ReferenceError before it sends anything.
  await ours.envvars.update("proj_a", "prod", "A", { value: "2" });
  expect(seen).toMatchObject([{ method: "PUT", path: "/api/v1/projects/proj_a/envvars/prod/A", body: { value: "2" } }]);
  expect(() => ours.envvars.retrieve("A")).toThrow("outside of runs");
});

test("a batch that cannot be created says in which phase", async () => {
  failures = [422];
  await expect(ours.batch.trigger([{ id: "a", payload: 1 }])).rejects.toMatchObject({
    name: "BatchTriggerError",
    phase: "create",
    itemCount: 1,
    isRateLimited: false,
  });
});

test("an answer that is not what was promised is not retried", async () => {
  await expect(ours.batch.retrieve("batch_1")).rejects.toBeInstanceOf(ours.ApiSchemaValidationError);
  expect(seen).toHaveLength(1);
});

test("withAuth is for its work only, and a public token takes the place of a key", async () => {
  await ours.auth.withPublicToken({ scopes: { read: { runs: "run_1" } } }, () => ours.runs.retrieve("run_1").then(() => {}));
  await ours.runs.retrieve("run_1");
  expect(seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer tr_dev_test", "Bearer jwt", "Bearer tr_dev_test"]);
  expect(seen[0]?.body).toEqual({ scopes: ["read:runs:run_1"] });
});

test("waits and in-run calls refuse outside a run", async () => {
  await expect(ours.wait.for({ seconds: 1 })).rejects.toThrow("only inside a run");
  await expect(ours.wait.forToken("waitpoint_1")).rejects.toThrow("only inside a run");
  await expect(ours.tasks.triggerAndWait("a", 1)).rejects.toThrow("only inside a run");
  expect(ours.metadata.current()).toBeUndefined();
  ours.metadata.set("a", 1);
});
