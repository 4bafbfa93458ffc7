import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configure, runs, streams, tasks, wait } from "upstream-sdk";
import { TaskRunError } from "@/lib/contracts/error";
import { reviveError } from "@/lib/sdk/result";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { unsafeText } from "@/lib/values/unsafe-text";
import { toPlain } from "@/lib/values/to-plain";
import { startServer, type ServerProcess } from "../start/server-process";
import { oddValue, oddValues } from "./fixtures/odd-values";

// oxlint-disable-next-line typescript/no-explicit-any -- looked at field by field
type Whatever = any;

/* oxlint-disable vitest/no-conditional-expect -- a table: the right answer of a cell depends on its value */

/**
 * Every odd value through every door: payload, output, metadata, log line, error, tag, stream chunk, token and batch item, from the SDK
 * of a task, from the published client, and over plain HTTP. All is sent at once; each test looks at one value.
 * The published client writes no streams outside of a task: there it has nothing behind \`streams.append\`.
 */
const data = mkdtempSync(join(tmpdir(), "signalbox-values-"));
const names = oddValues.map(({ name }) => name);
let server: ServerProcess;

async function http(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Whatever }> {
  const response = await fetch(`${server.origin}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.secretKey}`, "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
}

interface Result {
  ok: boolean;
  output?: string;
  outputType: string;
  error: unknown;
}
async function resultOf(id: string): Promise<Result> {
  for (;;) {
    const { status, body } = await http("GET", `/api/v1/runs/${id}/result?wait=30`);
    if (status === 200) return body;
  }
}
const outputOf = async (id: string): Promise<Whatever> => {
  const { ok, output, outputType, error } = await resultOf(id);
  if (!ok) throw new Error(JSON.stringify(error));
  return decodePacket({ data: output ?? null, dataType: outputType });
};
const made = async (task: string, payload?: unknown): Promise<string> => (await tasks.trigger(task, payload)).id;
const byName = async <T>(work: (name: string) => Promise<T>): Promise<Map<string, T>> =>
  new Map(await Promise.all(names.map(async (name) => [name, await work(name)] as const)));
const refused = (error: unknown): { refused: string } => ({ refused: String(error) });

const own: {
  single: Map<string, string>;
  batch: Map<string, string>;
  given: Map<string, string>;
  thrown: Map<string, string>;
  tagged: Map<string, string>;
  tokens: Map<string, string>;
} = { single: new Map(), batch: new Map(), given: new Map(), thrown: new Map(), tagged: new Map(), tokens: new Map() };
let said: { metadata: Record<string, unknown>; chunks: Map<string, unknown>; lines: Map<string, unknown> };
type Door = Map<string, string | { refused: string }>;
let client: { single: Door; tokens: Door; batch: Door; tagged: Door };
let plain: { single: Door; tokens: Door; batch: Door; tagged: Door; metadata: Map<string, unknown>; chunks: Map<string, unknown> };

beforeAll(async () => {
  server = await startServer({ directory: join(import.meta.dirname, "fixtures", "project"), data });
  configure({ baseURL: server.origin, accessToken: server.secretKey ?? "", requestOptions: { retry: { maxAttempts: 1 } } });
  const [sayId, spreadId] = [await made("odd-say"), await made("odd-spread")];
  own.given = await byName((name) => made("odd-give", { name }));
  own.thrown = await byName((name) => made("odd-fail", { name }));
  own.tagged = await byName((name) => made("odd-tag", { name }));
  client = {
    single: await byName((name) => tasks.trigger("odd-echo", oddValue(name)).then(({ id }) => id, refused)),
    tokens: await byName(async (name) => {
      const { id } = await wait.createToken({ timeout: "10m" });
      return wait.completeToken(id, oddValue(name) as object).then(() => id, refused); // what JavaScript passes
    }),
    batch: await byName((name) => tasks.batchTrigger("odd-echo", [{ payload: oddValue(name) }]).then(({ batchId }) => batchId, refused)),
    tagged: await byName((name) => tasks.trigger("odd-echo", 0, { tags: [oddValue(name) as string] }).then(({ id }) => id, refused)), // what JavaScript passes
  };
  plain = await overHttp();
  const { single, batch } = await outputOf(spreadId);
  for (const [index, name] of names.entries()) {
    own.single.set(name, single[index]);
    own.batch.set(name, batch[index]);
  }
  own.tokens = new Map(Object.entries(await outputOf(sayId)));
  said = {
    metadata: (await runs.retrieve(sayId)).metadata ?? {},
    chunks: await chunksOf(sayId, names.length),
    lines: await linesOf(sayId),
  };
}, 180_000);
afterAll(async () => {
  server.kill("SIGTERM");
  await server.ended;
  rmSync(data, { recursive: true, force: true });
});

async function overHttp(): Promise<typeof plain> {
  // A run that has not begun takes chunks.
  const { id: target } = await tasks.trigger("odd-echo", 0, { delay: "1h" });
  const packet = (name: string) => encodePacket(oddValue(name));
  const payloadOf = (name: string) => ({ payload: packet(name).data ?? undefined, options: { payloadType: packet(name).dataType } });
  const idOf = ({ status, body }: { status: number; body: { id?: string; error?: unknown } }) =>
    status < 300 ? String(body.id) : { refused: JSON.stringify(body) };
  for (const name of names) {
    // One after the other: chunks are read in the order in which they came.
    const { status, body } = await http(
      "POST",
      `/realtime/v1/streams/${target}/self/http/append`,
      JSON.stringify({ name, value: toPlain(oddValue(name)) }),
    );
    expect([name, status, status === 200 ? "" : body]).toEqual([name, 200, ""]);
  }
  return {
    single: await byName(async (name) => idOf(await http("POST", "/api/v1/tasks/odd-echo/trigger", payloadOf(name)))),
    batch: await byName(async (name) =>
      idOf(await http("POST", "/api/v2/tasks/batch", { items: [{ task: "odd-echo", ...payloadOf(name) }] })),
    ),
    tokens: await byName(async (name) => {
      const { body } = await http("POST", "/api/v1/waitpoints/tokens", { timeout: "10m" });
      const { status } = await http("POST", `/api/v1/waitpoints/tokens/${body.id}/complete`, { data: toPlain(oddValue(name)) });
      return status === 200 ? String(body.id) : { refused: String(status) };
    }),
    tagged: await byName(async (name) =>
      idOf(await http("POST", "/api/v1/tasks/odd-echo/trigger", { payload: 0, options: { tags: [toPlain(oddValue(name))] } })),
    ),
    metadata: await byName(async (name) => {
      const { id } = await tasks.trigger("odd-echo", 0, { delay: "1h" });
      const { status, body } = await http("PUT", `/api/v1/runs/${id}/metadata`, { metadata: { value: toPlain(oddValue(name)) } });
      expect([name, status, status === 200 ? "" : body]).toEqual([name, 200, ""]);
      return (await http("GET", `/api/v1/runs/${id}/metadata`)).body.metadata;
    }),
    chunks: await chunksOf(target, names.length, "http"),
  };
}

/** A tag is text as it comes in JSON; what is none is refused, and says of which option. */
async function expectTag(sent: string | { refused: string } | undefined, json: unknown): Promise<void> {
  const text = typeof json === "string" ? json.trim() : "";
  if (typeof sent === "string") expect((await runs.retrieve(sent)).tags).toEqual(text === "" ? [] : [text]);
  else {
    expect(typeof json !== "string" || text.length > 128 || unsafeText.test(text), sent?.refused).toBe(true);
    expect(sent?.refused).toMatch(/tag/i);
  }
}

async function chunksOf(runId: string, count: number, key = "odd"): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for await (const chunk of await streams.read<{ name: string; value: unknown }>(runId, key)) {
    found.set(chunk.name, chunk.value);
    if (found.size === count) break;
  }
  return found;
}

interface Node {
  data: { message: string; properties?: Record<string, unknown> };
  children: Node[];
}
async function linesOf(runId: string): Promise<Map<string, unknown>> {
  const lines = new Map<string, unknown>();
  const walk = ({ data: { message, properties }, children }: Node): void => {
    lines.set(message, properties);
    for (const child of children) walk(child);
  };
  // Telemetry follows the end of the run: the hook's own limit ends the wait.
  while (!names.every((name) => lines.has(name))) walk((await http("GET", `/api/v1/runs/${runId}/trace`)).body.trace.rootSpan);
  return lines;
}

const asText = (sent: unknown): string => (typeof sent === "string" ? sent : "");
const find = (name: string) => {
  const found = oddValues.find((value) => value.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
const expectedTyped = (name: string): unknown => {
  const { typed, make } = find(name);
  return (typed ?? make)();
};
function expectedPlain(name: string): unknown {
  const odd = find(name);
  return "plain" in odd ? odd.plain : odd.make();
}

const buffers = new superjson();
buffers.registerCustom<Buffer, number[]>(
  {
    isApplicable: (value): value is Buffer => Buffer.isBuffer(value),
    serialize: (value) => [...value],
    deserialize: (value) => Buffer.from(value),
  },
  "buffer",
);
/** What the published client can say of a value; undefined: it says it as plain JSON, or not at all. */
function expectedOfClient(name: string): unknown {
  const value = oddValue(name);
  if (typeof value === "string") return value;
  return buffers.parse(buffers.stringify(value));
}
/** Its encoder has no stacks and fields of errors, and no backslash at the end of a key. */
function expectOfClient(name: string, got: unknown): void {
  const expected = expectedOfClient(name);
  if (expected instanceof Error) expect(got).toMatchObject({ name: expected.name, message: expected.message });
  else if (name === "Error in a Map") expect(got).toEqual(new Map([["e", expect.objectContaining({ message: "x" })]]));
  else if (name === "dots and backslashes in keys") expect(got).toMatchObject({ "a.b": 1n });
  else expect(got).toEqual(expected);
}
const sayable = (name: string): boolean => {
  try {
    expectedOfClient(name);
    return true;
  } catch {
    return false;
  }
};
const isJson = (name: string): boolean => {
  try {
    jsonOf(oddValue(name));
    return true;
  } catch {
    return false;
  }
};
const jsonOf = (value: unknown): unknown => JSON.parse(JSON.stringify({ value })).value;

const answerOf = async (token: string): Promise<unknown> => {
  const { body } = await http("GET", `/api/v1/waitpoints/tokens/${token}`);
  return decodePacket({ data: body.output ?? null, dataType: body.outputType ?? "application/json" });
};
const batchOutput = async (batchId: string): Promise<unknown> => {
  const { body } = await http("GET", `/api/v2/batches/${batchId}`);
  return (await outputOf(body.runs[0])).got;
};

describe.concurrent.each(names)("%s", (name) => {
  test("from the SDK of a task", async () => {
    const typed = expectedTyped(name);
    const told = expectedPlain(name);
    expect((await outputOf(own.single.get(name) ?? "")).got, "payload").toEqual(typed);
    expect((await outputOf(own.batch.get(name) ?? "")).got, "batch item").toEqual(typed);
    expect(await outputOf(own.given.get(name) ?? ""), "output").toEqual(typed);
    expect(await answerOf(own.tokens.get(name) ?? ""), "token").toEqual(typed);
    expect(said.metadata[name], "metadata").toEqual(told);
    expect(
      (await http("GET", `/api/v1/runs/${own.single.get(name)}/metadata`)).body.metadata ??
        (await runs.retrieve(own.single.get(name) ?? "")).metadata,
      "metadata of a trigger",
    ).toEqual({ value: told });
    expect(said.chunks.get(name), "stream chunk").toEqual(told);
    expectLine(name, told);
  });

  test("thrown", async () => {
    const { ok, error } = await resultOf(own.thrown.get(name) ?? "");
    expect(ok).toBe(false);
    const stored = TaskRunError.parse(error);
    const value = oddValue(name);
    if (typeof value === "string") expect(stored).toEqual({ type: "STRING_ERROR", raw: value });
    else if (stored.type === "BUILT_IN_ERROR")
      expect(reviveError(stored)).toMatchObject({ message: Reflect.get(Object(value), "message") as string, ...(Object(value) as object) }); // an error's message is text
    else expect(JSON.stringify(stored)).not.toContain("cannot hold");
  });

  test("as a tag", async () => {
    const value = oddValue(name);
    const isScalar = ["string", "number", "bigint", "boolean"].includes(typeof value);
    const id = own.tagged.get(name) ?? "";
    expect(await outputOf(id)).toBe(isScalar ? "taken" : "refused");
    const text = String(isScalar ? value : "").trim();
    const isKept = text !== "" && text.length <= 128 && !unsafeText.test(text) && isScalar;
    expect((await runs.retrieve(id)).tags).toEqual(isKept ? [text] : []);
  });

  test("from the published client", async () => {
    for (const [door, output] of [
      ["payload", async (id: string) => (await outputOf(id)).got],
      ["batch item", batchOutput],
    ] as const) {
      const sent = (door === "payload" ? client.single : client.batch).get(name);
      if (typeof sent === "object") expect(sayable(name), `${door}: ${sent.refused}`).toBe(false);
      else if (sayable(name) && sent !== undefined) expectOfClient(name, await output(sent));
    }
    const token = client.tokens.get(name);
    if (typeof token === "string") expect(await answerOf(token), "token").toEqual(jsonOf(oddValue(name)));
    else expect(() => jsonOf(oddValue(name)), "token").toThrow(/./);
    if (isJson(name)) await expectTag(client.tagged.get(name), jsonOf(oddValue(name)));
    else expect(client.tagged.get(name), "tag").toMatchObject({ refused: expect.any(String) });
    // What it reads is JSON.
    const read = await runs.retrieve(own.given.get(name) ?? "");
    expect(read.status).toBe("COMPLETED");
    if (!sayable(name)) return;
    for await (const run of runs.subscribeToRun(own.given.get(name) ?? "")) expect(() => run.output).not.toThrow();
  });

  test("over plain HTTP", async () => {
    for (const [door, output] of [
      ["payload", async (id: string) => (await outputOf(id)).got],
      ["batch item", batchOutput],
    ] as const) {
      const sent = (door === "payload" ? plain.single : plain.batch).get(name);
      expect(typeof sent, `${door}: ${JSON.stringify(sent)}`).toBe("string");
      expect(await output(typeof sent === "string" ? sent : ""), door).toEqual(expectedTyped(name));
    }
    expect(await answerOf(asText(plain.tokens.get(name))), "token").toEqual(expectedPlain(name));
    expect(plain.chunks.get(name), "stream chunk").toEqual(expectedPlain(name));
    expect(plain.metadata.get(name), "metadata").toEqual({ value: expectedPlain(name) });
    await expectTag(plain.tagged.get(name), jsonOf(toPlain(oddValue(name))));
  });
});

/** Log lines keep what they were given, within limits. */
function expectLine(name: string, told: unknown): void {
  const line = said.lines.get(name);
  if (told === null) return expect(line, "log").toBeUndefined();
  const value = oddValue(name);
  const isRecord =
    typeof told === "object" &&
    !Array.isArray(told) &&
    !(value instanceof Error) &&
    name !== "Error of another realm" &&
    !Object.hasOwn(told ?? {}, "__proto__");
  if (["100 levels", "a thousand keys"].includes(name)) return expect(JSON.stringify(line), "log").toMatch(/…|\[Object\]/);
  expect(line, "log").toEqual(
    isRecord
      ? told
      : name.startsWith("Error") || name === "AggregateError"
        ? name === "Error in a Map"
          ? told
          : { error: told }
        : { value: told },
  );
}

test("what can be meant is taken, and what cannot throws at the call", async () => {
  const taken = new Set(["null options", "null in options", "numbers as text", "numeric tags", "metadata.increment of text"]);
  const answers: Record<string, string> = await outputOf(await made("odd-arguments"));
  expect(Object.keys(answers).length).toBeGreaterThanOrEqual(15);
  for (const [name, answer] of Object.entries(answers)) expect([name, answer]).toEqual([name, taken.has(name) ? "taken" : "TypeError"]);
});

test("metadata that there is no room for is refused at the call, and what a child adds in vain is told in its log", async () => {
  const id = await made("full-metadata");
  const said: string[] = await outputOf(id);
  expect(said).toHaveLength(3);
  for (const message of said) expect(message).toMatch(/^metadata\.\w+.*would be \d+ KB, and 256 KB is the most; it stays as it was/);
  const { metadata, relatedRuns } = await runs.retrieve(id);
  expect(Object.entries(metadata ?? {}).map(([key, value]) => [key, typeof value === "string" ? value.length : value])).toEqual([
    ["kept", 200_000],
    ["after", 1],
  ]);
  const child = relatedRuns?.children?.[0]?.id ?? "";
  await expect
    .poll(async () => JSON.stringify((await http("GET", `/api/v1/runs/${child}/trace`)).body))
    .toContain(`The metadata of run ${id} would be 294 KB`);
});

test("a text that cannot be decoded is the caller's mistake", async () => {
  const { status, body } = await http("POST", "/api/v1/tasks/odd-echo/trigger", {
    payload: '{"json":{"a":[1]},"meta":{"values":{"a":[["custom","nobody-knows"]]}}}',
    options: { payloadType: "application/super+json" },
  });
  expect([status, body.error]).toEqual([400, expect.stringContaining("nobody-knows")]);
});
