import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openHarness, type Harness } from "./harness";

let h: Harness;
beforeAll(async () => {
  h = await openHarness();
});
afterAll(() => h.close());

const tokens = "/api/v1/waitpoints/tokens";
const makeToken = async (): Promise<{ id: string; url: string }> => (await h.call("POST", tokens, { body: {} })).body;
const readToken = async (id: string) => (await h.call("GET", `${tokens}/${id}`)).body;

describe("a token's completion", () => {
  test.each<[string, string, RegExp]>([
    ["an answer under another name", '{"output":{"status":"approved"}}', /"data".*"output"/],
    ["an answer without a name", '{"status":"approved"}', /"data".*"status"/],
    ["two answers", '{"data":1,"output":2}', /"data".*"output"/],
    ["a list", "[1]", /expected object/],
    ["a text", '"approved"', /expected object/],
    ["a form", "status=approved", /not valid JSON/],
    ["broken JSON", '{"data":', /not valid JSON/],
  ])("with %s is refused, and the token still waits", async (_, raw, words) => {
    const { id } = await makeToken();
    const answer = await h.call("POST", `${tokens}/${id}/complete`, { raw });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(words);
    expect((await readToken(id)).status).toBe("WAITING");
  });

  test.each<[string, string, string | undefined]>([
    ["an object", '{"data":{"ok":true}}', '{"ok":true}'],
    ["null", '{"data":null}', "null"],
    ["no answer", "{}", undefined],
    ["no body", "", undefined],
  ])("with %s is taken as that", async (_, raw, output) => {
    const { id } = await makeToken();
    expect((await h.call("POST", `${tokens}/${id}/complete`, { raw })).body).toEqual({ success: true });
    const token = await readToken(id);
    expect([token.status, token.output]).toEqual(["COMPLETED", output]);
  });
});

describe("a callback", () => {
  const callBack = async (raw: string | Buffer, type: string) => {
    const { id, url } = await makeToken();
    const body = Buffer.from(raw);
    const response = await h.api.app.request(url, {
      method: "POST",
      body,
      headers: { "content-length": String(body.length), ...(type !== "" && { "content-type": type }) },
    });
    const token = await readToken(id);
    return { status: response.status, waits: token.status === "WAITING", output: token.output, outputType: token.outputType };
  };

  test.each<[string, string | Buffer, string, string, string]>([
    [
      "a form",
      "status=approved&by=Ada+L%C3%A9&item=1&item=2",
      "application/x-www-form-urlencoded",
      '{"status":"approved","by":"Ada Lé","item":["1","2"]}',
      "application/json",
    ],
    [
      "JSON that a command-line client sends as a form",
      '{"ok":true}',
      "application/x-www-form-urlencoded",
      '{"ok":true}',
      "application/json",
    ],
    ["text", "approved", "text/plain", "approved", "text/plain"],
    ["text that looks like a number", "007", "text/plain;charset=utf-8", "007", "text/plain"],
    ["JSON sent as text", '{"Type":"Notification"}', "text/plain; charset=UTF-8", '{"Type":"Notification"}', "application/json"],
    ["XML", "<ok>é</ok>", "application/xml", "<ok>é</ok>", "text/plain"],
    ["XML of another charset", Buffer.from("<ok>\u00e9</ok>", "latin1"), "text/xml; charset=iso-8859-1", "<ok>é</ok>", "text/plain"],
    ["JSON without a type", "true", "", "true", "application/json"],
    ["text without a type", "approved", "", "approved", "text/plain"],
    ["JSON of a kind", '[{"a":1}]', "application/cloudevents+json", '[{"a":1}]', "application/json"],
    ["JSON as bytes", '{"a":1}', "application/octet-stream", '{"a":1}', "application/json"],
  ])("with %s is taken as what it is", async (_, raw, type, ...stored) => {
    const [output, outputType] = stored;
    expect(await callBack(raw, type)).toEqual({ status: 200, waits: false, output, outputType });
  });

  test.each<[string, string | Buffer, string]>([
    ["broken JSON", '{"ok":', "application/json"],
    ["text under JSON's name", "approved", "application/json; charset=utf-8"],
    ["bytes", Buffer.from([0, 159, 146, 150]), "application/octet-stream"],
    ["text that is not in its charset", Buffer.from("é", "latin1"), "text/plain"],
    ["an unknown charset", "a", "text/plain; charset=klingon"],
    ["a form with files", "--x\r\n", "multipart/form-data; boundary=x"],
  ])("with %s is refused, and the token still waits", async (_, raw, type) => {
    expect(await callBack(raw, type)).toMatchObject({ status: 400, waits: true });
  });
});

describe("a body that means something else", () => {
  let run = "";
  beforeAll(async () => {
    run = await h.trigger();
  });

  test.each<[string, string, string, RegExp]>([
    ["a trigger without a body", "POST /api/v1/tasks/hello/trigger", "", /expected object|Invalid input/],
    ["a trigger with the payload itself", "POST /api/v1/tasks/hello/trigger", '{"email":"a@b.co"}', /"payload".*"email"/],
    ["a batch without a body", "POST /api/v3/batches", "", /Invalid input/],
    ["an item with the payload itself", "POST /api/v1/tasks/batch", '{"items":[{"task":"hello","email":"a"}]}', /items\.0:.*"email"/],
    ["a token with a misspelt time-out", `POST ${tokens}`, '{"timout":"10m"}', /timout/],
    ["metadata without its name", "PUT /api/v1/runs/RUN/metadata", '{"progress":1}', /progress/],
    ["metadata without a body", "PUT /api/v1/runs/RUN/metadata", "", /Invalid input/],
    ["a replay with the payload itself", "POST /api/v1/runs/RUN/replay", '{"email":"a@b.co"}', /email/],
  ])("is refused: %s", async (_, route, raw, words) => {
    const [method = "", path = ""] = route.split(" ");
    const [before] = await h.db.query<{ n: number }>("select count(*) as n from run");
    const answer = await h.call(method, path.replace("RUN", run), { raw });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(words);
    expect(await h.db.query("select count(*) as n from run")).toEqual([before]);
  });
});
