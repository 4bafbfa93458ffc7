import { serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configure, runs } from "upstream-sdk";
import * as ours from "@trigger.dev/sdk";
import { replayChanges } from "@/components/run/replay-changes";
import { oddValue, oddValues } from "@/e2e/sdk/fixtures/odd-values";
import { getRunDetail } from "../../engine/reads/runs";
import { updateMetadata } from "../../engine/telling/update-metadata";
import { encodePacket } from "@/lib/values/packet";
import { openHarness, type Harness } from "./harness";

/**
 * Metadata is JSON for every reader: a date is its ISO text, a BigInt its digits, whichever door it came through. What a trigger makes
 * of a value, a replay makes of it, too.
 */
let api: Harness;
let server: ReturnType<typeof serve>;
let original = "";
beforeAll(async () => {
  api = await openHarness();
  await new Promise<void>((resolve) => {
    server = serve({ fetch: api.api.app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
      api.origin = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
  const client = { baseURL: api.origin, accessToken: api.secretKey, requestOptions: { retry: { maxAttempts: 1 } } };
  configure(client);
  ours.configure(client);
  original = await api.trigger();
});
afterAll(async () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await api.close();
});

const metadataOf = async (id: string): Promise<unknown> => (await api.call("GET", `/api/v1/runs/${id}/metadata`)).body.metadata;
const post = async (path: string, body: object): Promise<unknown> => {
  const answer = await api.call("POST", path, { body });
  expect([answer.status, answer.status === 200 ? "" : answer.text]).toEqual([200, ""]);
  return metadataOf(answer.body.id);
};
const replay = (body: object) => post(`/api/v1/runs/${original}/replay`, body);
function jsonOf(value: unknown): object | null {
  try {
    return JSON.parse(JSON.stringify({ value }));
  } catch {
    return null;
  }
}

/** Of what has no type on the wire the field is left out there; told as JSON it has a text. */
const untyped: Record<string, unknown> = { "a function inside": { a: 1 }, "a symbol inside": { a: 1 }, "toJSON that throws": { a: "1" } };

test.concurrent.each(oddValues.map(({ name }) => name))("%s", async (name) => {
  const odd = oddValues.find((value) => value.name === name);
  const told = odd !== undefined && "plain" in odd ? odd.plain : oddValue(name);
  const value = oddValue(name);
  const expected = { value: told };
  const { data, dataType } = encodePacket({ value });
  const typed = { value: untyped[name] ?? told };
  expect(await post("/api/v1/tasks/hello/trigger", { options: { metadata: data, metadataType: dataType } }), "trigger, typed").toEqual(
    typed,
  );
  expect(await replay({ metadata: data, metadataType: dataType }), "replay, typed").toEqual(typed);
  expect(await metadataOf((await ours.runs.replay(original, { metadata: { value: value as string } })).id), "our client").toEqual(expected); // what JavaScript passes
  const json = jsonOf(value);
  if (json === null) return;
  expect(await replay({ metadata: json }), "replay, as an object").toEqual(json);
  expect(await replay({ metadata: JSON.stringify(json) }), "replay, as text").toEqual(json);
  expect(await metadataOf((await runs.replay(original, { metadata: { value: value as string } })).id), "published client").toEqual(json);
});

describe("a replay of which something else was edited", () => {
  const seed = {
    at: "2030-01-02T00:00:00.000Z",
    big: "9007199254740993",
    n: 0.1,
    none: null,
    list: [1, "2", true],
    deep: { "a.b": { c: [] } },
  };
  test.each([
    ["nothing", async () => ({})],
    ["tags", async () => ({ tags: ["edited"] })],
    [
      "the payload in the dashboard",
      async (id: string) => {
        const run = await getRunDetail(api.db, api.engine.env.id, id);
        if (run === null) throw new Error(id);
        return replayChanges({
          run,
          fields: { tags: run.tags, queue: "", delay: "", maxAttempts: "", priority: "", machine: "" },
          payload: { value: { at: "2031-01-01T00:00:00.000Z" } },
        });
      },
    ],
  ])("has the metadata of the trigger as it was, each type too: %s", async (_, changes) => {
    const id = (
      await ours.tasks.trigger(
        "hello",
        { at: new Date(0) },
        { metadata: { ...seed, at: new Date(seed.at) as unknown as string, big: 9007199254740993n as unknown as string } },
      )
    ).id;
    await updateMetadata(api.engine, id, { operations: [{ type: "set", key: "n", value: "changed" }] });
    expect(await post(`/api/v1/runs/${id}/replay`, await changes(id))).toEqual(seed);
  });
});
