import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { getRequestListener } from "@hono/node-server";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openHarness, type Harness } from "./harness";

/** Requests from the API's own document, mostly well-formed and bent here and there, and bytes that are none. More with FUZZ_REQUESTS. */
const requests = Number(process.env["FUZZ_REQUESTS"] ?? 2_000);
const atOnce = 8;

let api: Harness;
let server: Server;
let port: number;
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
  port = address.port;
  api.origin = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await api.close();
});

interface Schema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom("\u0000", "\ud800", "x".repeat(5_000), -1, 1e308, "2026-13-45T99:99:99Z", "__proto__", "../../x", "1h", ""),
);

/** What fits a schema, with something else in its place now and then. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 7, arbitrary: fitting(schema) }, { weight: 1, arbitrary: junk });
}

function fitting({ type, enum: names, const: only, anyOf, items, properties, required = [] }: Schema): fc.Arbitrary<unknown> {
  if (names !== undefined) return fc.constantFrom(...names);
  if (only !== undefined) return fc.constant(only);
  if (anyOf !== undefined && anyOf.length > 0) return fc.oneof(...anyOf.map(valueOf));
  switch (type) {
    case "string":
      return fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom("hello", "1h", "x", new Date(0).toISOString(), "run_x", "0 * * * *", "UTC"),
      );
    case "integer":
    case "number":
      return fc.oneof(fc.integer({ min: -2, max: 300 }), fc.double({ noNaN: true }));
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(valueOf(items ?? {}), { maxLength: 3 });
    case "object":
      return properties === undefined
        ? fc.dictionary(fc.string(), junk, { maxKeys: 3 })
        : fc.record(Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, valueOf(property)])), {
            requiredKeys: required.filter((name) => name in properties),
          });
    case undefined:
    default:
      return junk;
  }
}

interface Sent {
  method: string;
  path: string;
  as: string;
  body: string | undefined;
  type: string;
}

async function requestsOfDocument(): Promise<fc.Arbitrary<Sent>> {
  const run = await api.trigger();
  const { body: document } = await api.call("GET", "/api/openapi.json", { as: null });
  const credentials = fc.constantFrom(
    api.secretKey,
    api.secretKey,
    api.secretKey,
    api.issuer.publicToken({ scopes: ["admin"], expiresAt: Date.now() + 3_600_000 }),
    "tr_prod_wrong",
    "a.b.c",
    "",
  );
  const one: fc.Arbitrary<Sent>[] = [];
  for (const [path, methods] of Object.entries<
    Record<
      string,
      {
        parameters: { name: string; in: string }[];
        requestBody?: { content: Record<string, { schema?: Schema }> };
        responses: Record<string, { content?: Record<string, unknown> }>;
      }
    >
  >(document.paths)) {
    for (const [method, { parameters, requestBody, responses }] of Object.entries(methods)) {
      const isStream = JSON.stringify(responses).includes("text/event-stream");
      // A stream of a run that waits is held open; who asks for nonsense is not.
      const part = fc.oneof(
        fc.constantFrom("x", "hello", "prod", "proj_test", ...(isStream ? [] : [run, run])),
        fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
      );
      const names = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
      const queries = parameters
        .filter((parameter) => parameter.in === "query" && !["wait", "live"].includes(parameter.name))
        .map(({ name }) => name);
      const [[bodyType, content] = ["application/json", {}]] = Object.entries<{ schema?: Schema }>(requestBody?.content ?? {});
      const bodies =
        method === "get"
          ? fc.constant(undefined)
          : fc.oneof(
              { weight: 8, arbitrary: valueOf(content.schema ?? {}).map((value) => JSON.stringify(value)) },
              { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
              { weight: 1, arbitrary: fc.constant("") },
            );
      one.push(
        fc
          .record({
            parts: fc.array(part, { minLength: names.length, maxLength: names.length }),
            query: fc.record(
              Object.fromEntries(
                queries.map((name) => [
                  name,
                  fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom("1", "-1", "QUEUED", "1h", "true", "0_0")),
                ]),
              ),
              { requiredKeys: [] },
            ),
            as: credentials,
            body: bodies,
            type: fc.constantFrom(bodyType, bodyType, bodyType, "text/plain", "multipart/form-data; boundary=x"),
          })
          .map(({ parts, query, as, body, type }) => {
            let at = 0;
            const filled = path.replaceAll(/\{\w+\}/g, () =>
              encodeURIComponent((parts[at++] ?? "x").replaceAll(/[\ud800-\udfff]/g, "\ufffd")),
            );
            const text = new URLSearchParams(
              Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined),
            ).toString();
            return { method: method.toUpperCase(), path: text === "" ? filled : `${filled}?${text}`, as, body, type };
          }),
      );
    }
  }
  return fc.oneof(...one);
}

const isAlive = async () => (await fetch(`${api.origin}/api/v1/timezones`)).status;

test(`${requests} requests from the document: none ends in a 5xx`, { timeout: 60_000 + requests * 60 }, async () => {
  const arbitrary = await requestsOfDocument();
  const seed = Date.now() | 0;
  const statuses = new Map<number, number>();
  for (let sent = 0; sent < requests; sent += 500) {
    const some = fc.sample(arbitrary, { numRuns: Math.min(500, requests - sent), seed: seed + sent });
    for (let at = 0; at < some.length; at += atOnce) {
      await Promise.all(
        some.slice(at, at + atOnce).map(async ({ method, path, as, body, type }) => {
          const headers: Record<string, string> = { "content-type": type, ...(as !== "" && { authorization: `Bearer ${as}` }) };
          const response = await fetch(api.origin + path, { method, headers, ...(body !== undefined && { body }) });
          const text = await response.text();
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
          // The database may be busy; nothing else is the server's own fault.
          expect([seed, method, path, body?.slice(0, 300), response.status < 500 ? "" : `${response.status} ${text}`]).toEqual([
            seed,
            method,
            path,
            body?.slice(0, 300),
            "",
          ]);
        }),
      );
    }
  }
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 404]));
  expect(await isAlive()).toBe(200);
});

/** What the socket is answered before it ends. */
function send(bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.on("data", (data) => (text += data.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
    socket.end(bytes);
  });
}

test(
  "bytes that are no request, or half of one, end their own connection and nothing else",
  { timeout: 60_000 + requests * 20 },
  async () => {
    const head = `POST /api/v1/tasks/hello/trigger HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.secretKey}\r\nContent-Type: application/json\r\n`;
    const starts = [
      "",
      "GET ",
      "GET / HTTP/1.1\r\n",
      `${head}Content-Length: 20\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\n`,
      `${head}Content-Length: -1\r\n\r\n`,
      `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
      "POST /api/v3/batches/x/items HTTP/1.1\r\nHost: x\r\n",
    ];
    const seed = Date.now() | 0;
    const some = fc.sample(fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 400 })), {
      numRuns: Math.ceil(requests / 4),
      seed,
    });
    for (let at = 0; at < some.length; at += atOnce) {
      const answers = await Promise.all(
        some.slice(at, at + atOnce).map(([start, bytes]) => send(Buffer.concat([Buffer.from(start), bytes]))),
      );
      for (const answer of answers) expect([seed, answer.startsWith("HTTP/1.1 5") ? answer : ""]).toEqual([seed, ""]);
    }
    expect(await isAlive()).toBe(200);
  },
);
