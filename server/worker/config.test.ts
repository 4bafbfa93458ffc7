import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TraceLine } from "@/lib/sdk/run/progress";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { compileRuntime, type Runtime } from "./test/compile";
import { assign, supervise, type Supervised } from "./test/supervised";

/** A collector of OpenTelemetry's protocol, and a site to fetch from. */
const exported: string[] = [];
let site: Server;
let url: string;
let runtime: Runtime;
let worker: Supervised;
beforeAll(async () => {
  site = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (request.url === "/v1/traces") exported.push(body);
      response
        .writeHead(request.url === "/missing" ? 404 : 200, { "content-type": "application/json" })
        .end(request.url === "/v1/traces" ? "{}" : "found it");
    });
  }).listen(0, "127.0.0.1");
  await once(site, "listening");
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`; // it listens on a port
  runtime = await compileRuntime();
  worker = supervise(runtime.workerEntry, await runtime.bundle("config", "server/worker/test/fixtures/config-bundle.ts"), {
    env: { OTLP_URL: `${url}/v1/traces` },
  });
  await worker.hears("ready");
});
afterAll(async () => {
  worker.child.kill("SIGKILL");
  await worker.exited();
  await runtime.close();
  site.close();
});

test("spans of @opentelemetry/api are spans of the run: parents, kinds, events, links, status; and so are requests", async () => {
  worker.send(assign("run_spans", "spans", { url }));
  const { result } = await worker.hears("finished", ({ runId }) => runId === "run_spans");
  expect(result.ok && decodePacket(result.output)).toEqual({
    own: { seen: true, other: true, isOurs: true, ids: [32, 16], recording: false },
    body: "found it",
    given: ["our provider", "enabled"],
    metered: "function",
  });
  const lines = worker.of("progress", "run_spans").flatMap(({ progress }) => progress.trace ?? []);
  const ended = new Map(lines.filter((line) => line.kind === "log" || line.endedAt !== undefined).map((line) => [line.name, line]));
  const nameOf = (line: TraceLine | undefined) => lines.find(({ spanId }) => spanId === line?.parentId)?.name;
  expect(["inside the charge", "child", "charge", "ours", "run()"].map((name) => nameOf(ended.get(name)))).toEqual([
    "charge",
    "charge",
    "ours",
    "run()",
    "Attempt 1",
  ]);
  expect(ended.get("charge")?.attributes).toMatchObject({
    amount: 5,
    "span.kind": "client",
    dropped: { events: 3 },
    links: [{ traceId: expect.stringMatching(/^[0-9a-f]{32}$/), spanId: expect.stringMatching(/^[0-9a-f]{16}$/) }],
  });
  expect(ended.get("charge")?.attributes?.["events"]).toHaveLength(10);
  expect(ended.get("child")).toMatchObject({ isError: true, attributes: { error: "refused" } });
  const host = url.slice("http://".length);
  expect(ended.get(`GET ${host}/found`)).toMatchObject({
    icon: "http",
    attributes: { "http.request.method": "GET", "url.full": `${url}/found`, "http.response.status_code": 200 },
  });
  expect(ended.get(`GET ${host}/missing`)).toMatchObject({ isError: true, attributes: { "http.response.status_code": 404 } });
  expect(JSON.stringify(lines)).not.toContain("secret");
});

test("an exporter of the config gets the same spans, with the ids that code saw", async () => {
  await expect.poll(() => exported.join("\n"), { timeout: 15_000 }).toContain('"name":"ours"');
  const spans = exported.flatMap((body) =>
    JSON.parse(body).resourceSpans.flatMap((one: { scopeSpans: { spans: object[] }[] }) => one.scopeSpans.flatMap((scope) => scope.spans)),
  ) as { name: string; spanId: string; parentSpanId?: string; traceId: string; attributes: object[] }[]; // the protocol's form
  const of = (name: string) => spans.find((span) => span.name === name);
  expect(of("charge")?.parentSpanId).toBe(of("ours")?.spanId);
  expect(of("run()")?.parentSpanId).toBe(of("Attempt 1")?.spanId);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(of("charge")?.attributes).toContainEqual({ key: "run_id", value: { stringValue: "run_spans" } });
});

test("hooks of the config run for every task, and a task is a tool", async () => {
  worker.send(assign("run_tool", "uses-tool", { n: 1 }));
  const asked = await worker.hears("operation", ({ runId }) => runId === "run_tool");
  expect(asked.operation).toMatchObject({ kind: "triggerAndWait", task: "adder" });
  worker.answer(asked, { ok: true, id: "run_child", output: encodePacket(3) });
  const { result } = await worker.hears("finished", ({ runId }) => runId === "run_tool");
  expect(result.ok && decodePacket(result.output)).toEqual({
    init: { by: "the config" },
    answer: 3,
    described: ["adds one", true],
    refused: "ZodError",
  });
  worker.send(assign("run_adder", "adder", { n: 1 }), assign("run_heard", "heard"));
  const { result: heard } = await worker.hears("finished", ({ runId }) => runId === "run_heard");
  expect(heard.ok && decodePacket(heard.output)).toEqual(
    expect.arrayContaining(["start uses-tool", "success uses-tool", "start adder", "start heard"]),
  );
});

test("the trace of whoever triggered is gone on in: by code that asks for it, by exporters, and by the runs that it triggers", async () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  exported.length = 0;
  worker.send(assign("run_traced", "traced", undefined, { traceparent }));
  const made = await worker.hears("operation", ({ runId }) => runId === "run_traced");
  expect(made.operation).toMatchObject({ kind: "trigger", options: { traceparent } });
  worker.answer(made, { id: "run_child" });
  const { result } = await worker.hears("finished", ({ runId }) => runId === "run_traced");
  const output = result.ok ? decodePacket(result.output) : result.error;
  expect(output).toEqual({ here: expect.stringMatching(/^[0-9a-f]{32}$/), there: traceId, isSameSpan: true });
  expect(output).not.toMatchObject({ here: traceId });
  await expect.poll(() => exported.join(), { timeout: 15_000 }).toContain("run_traced");
  const all: { name: string; traceId: string; parentSpanId?: string; attributes: object[] }[] = exported.flatMap((body) =>
    JSON.parse(body).resourceSpans.flatMap((of: { scopeSpans: { spans: [] }[] }) => of.scopeSpans.flatMap((scope) => scope.spans)),
  );
  const spans = all.filter(({ attributes }) => JSON.stringify(attributes).includes("run_traced"));
  expect(spans.length).toBeGreaterThan(1);
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  expect(spans.find(({ name }) => name === "Attempt 1")?.parentSpanId).toBe("b7ad6b7169203331");
});
