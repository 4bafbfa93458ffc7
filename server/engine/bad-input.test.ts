import { describe, expect, it } from "vitest";
import { manifestOf, start, until } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { addTags } from "./telling/add-tags";
import { addBatchItems, createBatch } from "./batches/batch";
import { getRunDetail, listRuns } from "./reads/runs";
import { listChunks } from "./reads/run";
import { appendChunks } from "./telling/stream";
import { completeToken, createToken } from "./waiting/token";
import { trigger } from "./triggering/trigger";
import { updateMetadata } from "./telling/update-metadata";

const suite = engineSuite();
const { node } = suite;
const nul = "a\0b";
const half = "a\ud800b";
const long = "é".repeat(2000);
const nasty = [
  nul,
  half,
  "\udc00",
  "\u0001",
  '\u0001"x"',
  "\\u0000",
  "'; drop table run; --",
  "${x}",
  "\u202e",
  "\u{1f600}",
  "__proto__",
  "%_\\",
  "\r\n",
  "\u2028",
  "",
];

describe("keys and names that the database cannot hold are refused, and their neighbours are not", () => {
  const options: [TriggerOptions, string][] = [
    [{ concurrencyKey: nul }, "options.concurrencyKey"],
    [{ concurrencyKey: half }, "options.concurrencyKey"],
    [{ concurrencyKey: long }, "options.concurrencyKey"],
    [{ idempotencyKey: nul }, "options.idempotencyKey"],
    [{ idempotencyKey: half }, "options.idempotencyKey"],
    [{ idempotencyKey: long }, "options.idempotencyKey"],
    [{ tags: [nul] }, "options.tags"],
    [{ tags: [half] }, "options.tags"],
    [{ tags: ["x".repeat(129)] }, "options.tags"],
    [{ parentRunId: nul }, "options.parentRunId"],
    [{ parentRunId: "run_nowhere" }, "options.parentRunId"],
    [{ queue: { name: nul } }, "options.queue"],
    [{ lockToVersion: nul }, "options.lockToVersion"],
    [{ delay: "99999999999w" }, "options.delay"],
    [{ ttl: "99999999999w" }, "options.ttl"],
    [{ ttl: 1e18 }, "options.ttl"],
    [{ ttl: -1 }, "options.ttl"],
    [{ metadata: "{broken" }, "options.metadata"],
  ];

  it("of a trigger", async () => {
    const n = await node({ task: async () => 1 });
    const [neighbours, bad] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => start(n, "task"))),
      Promise.allSettled(options.map(([given]) => start(n, "task", null, given))),
    ]);
    for (const [i, outcome] of bad.entries()) {
      expect(outcome, JSON.stringify(options[i])).toMatchObject({ status: "rejected", reason: { status: 422, param: options[i]?.[1] } });
    }
    for (const { id } of neighbours) expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
    expect((await listRuns(suite.db, "env_1", { limit: 100 })).rows).toHaveLength(20);
    expect(n.engine.scheduler.starting).toBe(0);
  });

  it("of requests, tokens, batches and streams", async () => {
    const n = await node({ task: () => new Promise(() => {}) });
    const { id } = await start(n, "task");
    for (const key of [nul, half, long]) {
      await expect(trigger(n.engine, { task: "task", payload: encodePacket(1), options: {}, requestKey: key })).rejects.toMatchObject({
        status: 422,
      });
      await expect(createToken(n.engine, { idempotencyKey: key }, {})).rejects.toMatchObject({ status: 422, param: "idempotencyKey" });
      await expect(createBatch(n.engine, { runCount: 1, idempotencyKey: key })).rejects.toMatchObject({
        status: 422,
        param: "idempotencyKey",
      });
      await expect(appendChunks(n.engine, { runId: id, key, writer: "w", first: 0, chunks: ["x"] })).rejects.toMatchObject({ status: 422 });
      await expect(addTags(n.engine, id, [key])).rejects.toMatchObject({ status: 422 });
    }
    await expect(createToken(n.engine, { timeout: "99999999999w" }, {})).rejects.toMatchObject({ status: 422, param: "timeout" });
    await expect(
      addTags(
        n.engine,
        id,
        Array.from({ length: 11 }, (_, i) => `t${i}`),
      ),
    ).rejects.toMatchObject({ status: 422 });
    await expect(addTags(n.engine, "run_nowhere", ["a"])).rejects.toMatchObject({ status: 404 });
  });

  it("a maxDuration is of 5 s at least", async () => {
    const n = await node({ task: async () => 1 }, { manifest: manifestOf([{ id: "task", maxDuration: 1 }]) });
    for (const [given, seconds] of [
      [{}, 5],
      [{ maxDuration: -3 }, 5],
      [{ maxDuration: 4.5 }, 5],
      [{ maxDuration: 5.5 }, 6],
    ] as const) {
      expect(await until(n, (await start(n, "task", null, given)).id)).toMatchObject({ maxDuration: seconds });
    }
  });

  it("odd numbers are made to fit", async () => {
    const n = await node({ task: async () => 1 });
    for (const given of [
      { maxDuration: 1.5 },
      { maxDuration: 1e15 },
      { maxDuration: -3 },
      { priority: 1e300 },
      { priority: -1e300 },
      { priority: 0.1 },
      { maxAttempts: -5 },
      { maxAttempts: 1e9 },
    ]) {
      expect(await until(n, (await start(n, "task", null, given)).id), JSON.stringify(given)).toMatchObject({ status: "COMPLETED" });
    }
  });
});

describe("text of any kind comes back as it was", () => {
  it("in payload, output, error, metadata, streams and tokens", async () => {
    const n = await node({
      echo: async ({ assignment }) => decodePacket(assignment.payload),
      fail: ({ assignment }) => Promise.reject(new Error(String(decodePacket(assignment.payload)))),
      idle: () => new Promise(() => {}),
    });
    const { id: idle } = await start(n, "idle");
    await Promise.all(
      nasty.map(async (text, i) => {
        const [echoed, failed] = await Promise.all([start(n, "echo", { text }, { metadata: { text } }), start(n, "fail", text)]);
        const run = await until(n, echoed.id);
        expect(decodePacket({ data: run.output, dataType: run.outputType })).toEqual({ text });
        expect(JSON.parse(run.metadata ?? "")).toEqual({ text });
        expect((await until(n, failed.id)).error?.message).toBe(text);
        await updateMetadata(n.engine, idle, { operations: [{ type: "set", key: `k${i}`, value: text }] });
        await appendChunks(n.engine, { runId: idle, key: `s${i}`, writer: "w", first: 0, chunks: [text, text] });
        expect((await listChunks(suite.db, { runId: idle, key: `s${i}` })).map((chunk) => chunk.chunk)).toEqual([text, text]);
        const { token } = await createToken(n.engine, {}, {});
        expect((await completeToken(n.engine, token.id, { data: text, dataType: "text/plain" }, { by: "ada" })).token.output).toBe(text);
      }),
    );
    const metadata = JSON.parse((await getRunDetail(suite.db, "env_1", idle))?.metadata ?? "");
    expect(nasty.map((_, i) => metadata[`k${i}`])).toEqual(nasty);
  });

  it("and metadata that is too deep or too large changes nothing and disturbs nobody", async () => {
    const n = await node({ idle: () => new Promise(() => {}) });
    const { id } = await start(n, "idle");
    let deep: unknown = 1;
    for (let level = 0; level < 20_000; level += 1) deep = { deep };
    const outcomes = await Promise.allSettled([
      updateMetadata(n.engine, id, { operations: [{ type: "set", key: "ok", value: 1 }] }),
      updateMetadata(n.engine, id, { operations: [{ type: "set", key: "deep", value: deep }] }),
      updateMetadata(n.engine, id, { operations: [{ type: "set", key: "$.list.length", value: 1e9 }] }),
      updateMetadata(n.engine, id, { operations: [{ type: "append", key: "big", value: "x".repeat(300_000) }] }),
      updateMetadata(n.engine, id, { operations: [{ type: "set", key: "too", value: 2 }] }),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { status: 422 } });
    expect(outcomes[3]).toMatchObject({ reason: { status: 413 } });
    expect(JSON.parse((await getRunDetail(suite.db, "env_1", id))?.metadata ?? "")).toMatchObject({ ok: 1, too: 2 });
  });
});

describe("a batch of nasty items", () => {
  it("makes a run for each, failed where it cannot be triggered", async () => {
    const n = await node({ echo: async ({ assignment }) => decodePacket(assignment.payload) }, { environment: "dev" });
    const batch = await createBatch(n.engine, { runCount: nasty.length * 2 + 2 });
    await addBatchItems(
      n.engine,
      batch.id,
      nasty.flatMap((text, i) => [
        { index: 2 * i, task: "echo", payload: { text } },
        ...(i === 0
          ? [
              { index: 2 * nasty.length, task: "echo", payload: "x", options: { payloadType: nul } },
              { index: 2 * nasty.length + 1, task: long.repeat(3), payload: 1 },
            ]
          : []),
        { index: 2 * i + 1, task: text === "" ? "nowhere" : text, payload: text, options: { concurrencyKey: text, tags: [text] } },
      ]),
    );
    const runs = await suite.db.query<{ status: string; n: number }>(
      "select status, count(*) as n from run where batch_id = $1 and status = 'SYSTEM_FAILURE' group by 1",
      [batch.id],
    );
    expect(runs).toEqual([{ status: "SYSTEM_FAILURE", n: nasty.length + 2 }]);
  });
});
