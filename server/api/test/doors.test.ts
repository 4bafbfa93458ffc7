import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Packet } from "@/lib/contracts/run";
import { EngineError } from "../../engine/error";
import { trigger } from "../../engine/triggering/trigger";
import { openHarness, type Harness } from "./harness";

let h: Harness;
beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());

/** A trigger, an item of a batch in two steps and one of a batch in one: what each says against it; null: it made a run. */
async function doors(task: string, given: { payload?: unknown; options?: Record<string, unknown> }): Promise<(string | null)[]> {
  const single = await h.call("POST", `/api/v1/tasks/${task}/trigger`, { body: given });
  const made = await h.call("POST", "/api/v3/batches", { body: { runCount: 1 } });
  await h.call("POST", `/api/v3/batches/${made.body.id}/items`, {
    headers: { "content-type": "application/x-ndjson" },
    raw: JSON.stringify({ index: 0, task, ...given }),
  });
  const whole = await h.call("POST", "/api/v1/tasks/batch", { body: { items: [{ task, ...given }] } });
  return [single.status === 200 ? null : String(single.body.error), await itemError(made.body.id), await itemError(whole.body.id)];
}

async function itemError(batch: string): Promise<string | null> {
  const { body } = await h.call("GET", `/api/v2/batches/${batch}`);
  return body.processing.errors[0]?.error ?? null;
}

/** From inside a run the same verb is called. */
async function inside(payload: unknown): Promise<string | null> {
  const packet: Packet = { data: JSON.stringify(payload), dataType: "application/json" };
  return trigger(h.engine, { task: "checked", payload: packet, options: {} }).then(
    () => null,
    (error: unknown) => (error instanceof EngineError ? error.message : Promise.reject(new Error("not a refusal", { cause: error }))),
  );
}

describe("every door of a trigger", () => {
  test("lets in what only the task's schema can judge", async () => {
    // The schema for forms has a pattern for it.
    const payload = { email: " ADA " };
    expect([...(await doors("checked", { payload })), await inside(payload)]).toEqual([null, null, null, null]);
  });

  test("refuses what the task's schema refuses for certain, in the same words", async () => {
    const payload = { email: 1, count: 0 };
    const message = 'The payload does not fit the task "checked": payload.email: must be string; payload.count: must be >= 1.';
    expect([...(await doors("checked", { payload })), await inside(payload)]).toEqual([message, message, message, message]);
    const [missing, ...others] = await doors("checked", {});
    expect(missing).toContain("payload: is required");
    expect(others).toEqual([missing, missing]);
  });

  test.each<[string, { payload?: unknown; options?: Record<string, unknown> }, RegExp]>([
    ["a lifetime of a key", { options: { idempotencyKey: "k", idempotencyKeyTTL: "a while" } }, /idempotencyKeyTTL.*"a while"/],
    ["a payload's type", { payload: "x", options: { payloadType: "application/x-python" } }, /payloadType must be/],
    ["text of superjson", { payload: "{broken", options: { payloadType: "application/super+json" } }, /superjson|super\+json/],
    ["text that is none", { payload: { a: 1 }, options: { payloadType: "text/plain" } }, /must be a string/],
    ["a storage path", { payload: "../x", options: { payloadType: "application/store" } }, /storage path/],
    ["a version", { options: { lockToVersion: "20000101.1" } }, /Version 20000101.1 is not deployed/],
    ["an id of a deployment", { options: { externalDeploymentId: "x".repeat(129) } }, /at most 128 characters/],
    ["a debounce", { options: { debounce: { key: "k", delay: "soon" } } }, /"soon" is not a duration/],
  ])("checks alike: %s", async (_, given, words) => {
    const told = await doors("hello", given);
    expect(told[0]).toMatch(words);
    expect(told).toEqual([told[0], told[0], told[0]]);
  });
});
