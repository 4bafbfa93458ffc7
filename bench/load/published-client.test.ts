import { expect, test } from "vitest";
import { messageLength } from "./message";
import { captureClientRequests, headerNames } from "./published-client";
import { answeredId, unique } from "./request";

test("the client's requests are kept as it sends them, with marks for what differs in each call", async () => {
  const origin = { host: "127.0.0.1", port: 8123 };
  const requests = await captureClientRequests({ origin, secretKey: "tr_prod_k", task: "noop", payload: { n: 1 }, batchSize: 3 });

  for (const request of Object.values(requests)) {
    expect(messageLength(Buffer.from(request))).toBe(Buffer.byteLength(request));
    expect(request.toLowerCase()).toContain("\r\nhost: 127.0.0.1:8123\r\n");
    expect(request.toLowerCase()).toContain("\r\nauthorization: bearer tr_prod_k\r\n");
  }
  const { trigger, keyed, createBatch, addItems } = requests;
  expect(trigger).toMatch(/^POST \/api\/v1\/tasks\/noop\/trigger HTTP/);
  expect(trigger).toContain(`x-trigger-request-idempotency-key: ${unique.uuid}\r\n`);
  expect(trigger).toContain("application/super+json");
  expect(headerNames(trigger)).toEqual(expect.arrayContaining(["trigger-version", "x-trigger-source", "user-agent"]));
  expect(keyed).toContain(`"idempotencyKey":"${unique.hash}"`);
  expect(keyed).toContain(unique.key);
  expect(createBatch).toContain('{"runCount":3');
  expect(addItems).toContain(`POST /api/v3/batches/${answeredId}/items `);
  expect(addItems.match(/"task":"noop"/g)).toHaveLength(3);
}, 60_000);
