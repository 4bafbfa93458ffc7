import { afterAll, beforeAll, expect, test } from "vitest";
import { offloadPacket } from "../../engine/packets";
import { completeToken } from "../../engine/waiting/token";
import { openHarness, type Answer, type Harness } from "./harness";

let api: Harness;
beforeAll(async () => {
  api = await openHarness();
});
afterAll(() => api.close());

const big = JSON.stringify({ secret: "s".repeat(600 * 1024) });
const token = (...scopes: string[]) => api.issuer.publicToken({ scopes, expiresAt: Date.now() + 600_000 });
const get = (key: string, as?: string) => api.call("GET", `/api/v1/packets/${encodeURIComponent(key)}`, as === undefined ? {} : { as });
const at = (url: string) => new URL(url).pathname + new URL(url).search;
const fetched = async (answer: Answer) => (await api.call("GET", at(answer.body.presignedUrl), { as: null })).text;

async function upload(text: string, type = "application/json", name = "trigger/packet_abc/payload.json") {
  const { presignedUrl, storagePath } = (await api.call("PUT", `/api/v2/packets/${encodeURIComponent(name)}`)).body as {
    presignedUrl: string;
    storagePath: string;
  };
  const put = (content: string, as: string = type) =>
    api.call("PUT", at(presignedUrl), { as: null, raw: content, headers: { "content-type": as } });
  expect((await put(text)).status).toBe(200);
  return { storagePath, put };
}

const keyOf = async (run: string) =>
  (await api.db.query<{ payload: string; payload_type: string }>("select payload, payload_type from run_data where run_id = $1", [run]))[0];
const bigRun = (tag = "mine") => api.trigger("hello", { payload: { secret: "s".repeat(600 * 1024) }, options: { tags: [tag] } });

test("a stored payload is read with what reads its run, and with nothing else", async () => {
  const run = await bigRun();
  const { payload: key = "", payload_type } = (await keyOf(run)) ?? {};
  expect(payload_type).toBe("application/store");
  const stranger = token(`read:runs:${await api.trigger()}`, "read:tags:other", "trigger:tasks:hello", "write:runs");
  for (const name of [key, `${run}/payload`, `${run}/output`, `${run}/payload/`, `${run}/payload/${"0".repeat(32)}`]) {
    for (const as of [stranger, token(), token("read:tags:min"), token(`read:runs:${run}x`)])
      expect([name, [403, 404].includes((await get(name, as)).status)]).toEqual([name, true]);
  }
  for (const as of [token(`read:runs:${run}`), token("read:tags:mine"), token("read:tasks:hello"), api.secretKey])
    expect(await fetched(await get(key, as))).toBe(big);
  // Who may read the run learns the key from it; what is not its packet is not there for him either.
  for (const name of [`${run}/payload`, `${run}/output`, `${run}/payload/${"0".repeat(32)}`])
    expect((await get(name, token(`read:runs:${run}`))).status).toBe(404);
});

test("keys of stored packets cannot be guessed", async () => {
  const [one, two] = [await bigRun(), await bigRun()];
  const keys = [await keyOf(one), await keyOf(two)].map((row) => row?.payload);
  for (const [n, run] of [one, two].entries()) expect(keys[n]).toMatch(new RegExp(`^${run}/payload/[0-9a-f]{32}$`));
  const paths = new Set<string>();
  for (let n = 0; n < 3; n += 1)
    paths.add((await api.call("PUT", "/api/v2/packets/trigger%2Fpacket_same%2Fpayload.json")).body.storagePath);
  expect(paths.size).toBe(3);
  for (const path of paths) expect(path).toMatch(/^upload\/[0-9a-f]{32}\/payload\.json$/);
});

test("a wait token's stored answer is read with a secret key or a scope that reads the token", async () => {
  const { body } = await api.call("POST", "/api/v1/waitpoints/tokens", { body: {} });
  await completeToken(api.engine, body.id, { data: big, dataType: "application/json" }, { by: "test" });
  const read = (await api.call("GET", `/api/v1/waitpoints/tokens/${body.id}`)).body;
  expect(read.outputType).toBe("application/store");
  for (const as of [token(), token(`write:waitpoints:${body.id}`), token("read:runs"), token("read:waitpoints:waitpoint_other")])
    expect((await get(read.output, as)).status).toBe(403);
  for (const as of [api.secretKey, token(`read:waitpoints:${body.id}`)]) expect(await fetched(await get(read.output, as))).toBe(big);
});

test("a run of another environment has no packets here, whoever asks", async () => {
  const run = await bigRun();
  const key = (await keyOf(run))?.payload ?? "";
  await api.db.query("update run set env_id = 'env_other' where id = $1", [run]);
  expect((await get(key)).status).toBe(404);
});

test("another's packet is refused at every door", async () => {
  const run = await bigRun();
  const foreign = [
    (await keyOf(run))?.payload ?? "",
    `${run}/payload`,
    "trigger/packet_nothere/payload.json",
    `upload/${"0".repeat(32)}/payload.json`,
  ];
  const before = await api.db.query("select id from run order by id");
  const options = { payloadType: "application/store" };
  const once = token("trigger:tasks:hello", "batchTrigger:tasks:hello");
  for (const payload of foreign) {
    expect((await api.call("POST", "/api/v1/tasks/hello/trigger", { body: { payload, options } })).status).toBe(422);
    expect((await api.call("POST", "/api/v1/tasks/hello/trigger", { as: once, body: { payload, options } })).status).toBe(403);
    expect((await api.call("POST", "/api/v1/tasks/hello/trigger?wait=1", { body: { payload, options } })).status).toBe(422);
    expect((await api.call("POST", `/api/v1/runs/${run}/replay`, { body: { payload, payloadType: "application/store" } })).status).toBe(
      422,
    );
    expect(
      (
        await api.call("POST", "/api/v1/tasks/hello/trigger", {
          body: { payload: 1, options: { metadata: payload, metadataType: "application/store" } },
        })
      ).status,
    ).toBe(422);
  }
  expect(await api.db.query("select id from run order by id")).toEqual(before);
});

test("in a batch another's packet fails its item, and a public token's request as a whole", async () => {
  const run = await bigRun();
  const key = (await keyOf(run))?.payload ?? "";
  const items = [
    { index: 0, task: "hello", payload: key, options: { payloadType: "application/store" } },
    { index: 1, task: "hello", payload: 1 },
  ];
  const ndjson = { raw: items.map((item) => JSON.stringify(item)).join("\n"), headers: { "content-type": "application/x-ndjson" } };
  const newBatch = async (as: string) =>
    String((await api.call("POST", "/api/v3/batches", { as, body: { runCount: 2, taskIdentifiers: ["hello"] } })).body.id);
  const outcome = async (batch: string) =>
    api.db.query(
      "select r.status, d.payload_type, d.payload = $2 as is_foreign from run r join run_data d on d.run_id = r.id join batch_item i on i.run_id = r.id where r.batch_id = $1 order by i.index",
      [batch, key],
    );

  const streamed = await newBatch(api.secretKey);
  expect((await api.call("POST", `/api/v3/batches/${streamed}/items`, ndjson)).status).toBe(200);
  const unnumbered = items.map(({ index: _index, ...item }) => item);
  const oneShot = await api.call("POST", "/api/v2/tasks/batch", { body: { items: unnumbered } });
  for (const batch of [streamed, oneShot.body.id])
    expect(await outcome(batch)).toMatchObject([
      { status: "SYSTEM_FAILURE", payload_type: "application/json" },
      { status: "QUEUED", is_foreign: false },
    ]);

  const as = token("batchTrigger:tasks:hello");
  const own = await newBatch(as);
  expect((await api.call("POST", `/api/v3/batches/${own}/items`, { as, ...ndjson })).status).toBe(403);
  expect((await api.call("POST", "/api/v2/tasks/batch", { as, body: { items: unnumbered } })).status).toBe(403);
  expect(await outcome(own)).toEqual([]);
});

test("what a worker says cannot make another's packet its own", async () => {
  const packet = { data: `${await bigRun()}/payload`, dataType: "application/store" };
  const { body } = await api.call("POST", "/api/v1/waitpoints/tokens", { body: {} });
  await expect(completeToken(api.engine, body.id, packet, { by: "run run_x" })).rejects.toMatchObject({ status: 422 });
  expect((await api.call("GET", `/api/v1/waitpoints/tokens/${body.id}`)).body.status).toBe("WAITING");
  await expect(
    offloadPacket(
      { put: async () => {}, get: async () => null, open: async () => null, remove: async () => {}, address: async () => null },
      packet,
      "run_x/output",
    ),
  ).rejects.toMatchObject({ status: 422 });
});

test("an upload becomes the run's payload: what is put later changes neither", async () => {
  const small = await upload('{"json":{"n":1}}', "application/super+json");
  const large = await upload(big);
  const runs = [];
  for (const { storagePath } of [small, large])
    runs.push(await api.trigger("hello", { payload: storagePath, options: { payloadType: "application/store" } }));
  expect((await api.call("GET", `/api/v3/runs/${runs[0]}`)).body.payload).toEqual({ n: 1 });
  expect((await api.call("GET", `/api/v3/runs/${runs[1]}`)).body.payloadPresignedUrl).toContain(`/packets/${runs[1]}/payload/`);
  for (const { put, storagePath } of [small, large]) {
    const again = await put('{"evil":1}', "application/json");
    expect([again.status, again.headers.get("x-should-retry")]).toEqual([409, "false"]);
    // Asked for anew, the path is another one; older clients ask for one by name, which is written once as well.
    const named = await api.call("PUT", `/api/v1/packets/${encodeURIComponent(storagePath)}`);
    expect(
      (await api.call("PUT", at(named.body.presignedUrl), { as: null, raw: '{"evil":1}', headers: { "content-type": "application/json" } }))
        .status,
    ).toBe(409);
  }
  // The answer to an upload may be lost: its client sends it again.
  expect((await large.put(big)).status).toBe(200);
  expect(await keyOf(runs[0] ?? "")).toMatchObject({ payload: '{"json":{"n":1}}', payload_type: "application/super+json" });
  expect(await fetched(await get((await keyOf(runs[1] ?? ""))?.payload ?? ""))).toBe(big);
});

test("an answered token's stored output stays, whatever is answered later", async () => {
  const { body } = await api.call("POST", "/api/v1/waitpoints/tokens", { body: {} });
  const complete = (letter: string) =>
    api.call("POST", `/api/v1/waitpoints/tokens/${body.id}/complete`, { body: { data: { text: letter.repeat(600 * 1024) } } });
  expect((await complete("a")).status).toBe(200);
  const stored = (await api.call("GET", `/api/v1/waitpoints/tokens/${body.id}`)).body.output;
  const raw = JSON.stringify({ text: "c".repeat(600 * 1024) });
  expect((await complete("b")).status).toBe(200);
  expect(
    (await api.call("POST", new URL(body.url).pathname, { as: null, raw, headers: { "content-length": String(raw.length) } })).status,
  ).toBe(200);
  expect((await api.call("GET", `/api/v1/waitpoints/tokens/${body.id}`)).body.output).toBe(stored);
  expect(await fetched(await get(stored))).toMatch(/^{"text":"aaaa/);
  for (const key of [stored, `${body.id}/output`])
    for (const version of ["v1", "v2"])
      expect((await api.call("PUT", `/api/${version}/packets/${encodeURIComponent(key)}`)).status).toBe(403);
});

test("uploads are what they say they are", async () => {
  const { body } = await api.call("PUT", "/api/v2/packets/trigger%2Fpacket_x%2Fpayload.json");
  const put = (raw: string, type: string, url = at(body.presignedUrl)) =>
    api.call("PUT", url, { as: null, raw, headers: { "content-type": type } });
  for (const type of ["application/json", "application/super+json"])
    for (const raw of ["{oops", "", "[".repeat(200) + "]".repeat(200)]) expect((await put(raw, type)).status).toBe(400);
  expect((await put("<b>", "text/html")).status).toBe(415);
  expect((await put("x".repeat(3 * 1024 * 1024 + 1), "text/plain")).status).toBe(413);
  const bent = [
    at(body.presignedUrl).replace("/payload.json", "/other.json"),
    at(body.presignedUrl).replace(/sig=./, "sig=x"),
    at(body.presignedUrl).split("?")[0] ?? "",
  ];
  for (const url of bent) expect((await put("1", "application/json", url)).status).toBe(403);
  // Nobody but the trigger reads an upload.
  expect((await put("1", "application/json")).status).toBe(200);
  expect((await api.call("GET", at(body.presignedUrl), { as: null })).status).toBe(403);
  expect((await get(body.storagePath, token("read:runs"))).status).toBe(403);
  for (const evil of [
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fmaster.key",
    "a%00b",
    "a%5c..%5cb",
    "run_1%2Fpayload",
    "waitpoint_1%2Foutput",
    "a%2F%2Fb",
  ])
    expect([403, 404]).toContain((await api.call("PUT", `/api/v2/packets/${evil}`)).status);
});

test("a run that an older version stored under a client's name is read as before", async () => {
  const run = await bigRun();
  const key = "trigger/packet_old/payload.json";
  const { packets } = api.engine;
  await packets.put(key, '{"old":true}', "application/json");
  await api.db.query("update run_data set payload = $2 where run_id = $1", [run, key]);
  const asked = await api.call("GET", `/api/v1/runs/${run}/packets/payload`, { as: token(`read:runs:${run}`) });
  expect(await fetched(asked)).toBe('{"old":true}');
  expect(await fetched(await get(key))).toBe('{"old":true}');
  expect((await get(key, token(`read:runs:${run}`))).status).toBe(403);
});
