import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { oddValues } from "@/e2e/sdk/fixtures/odd-values";
import { isPlain } from "./is-plain";
import { decodePacket, encodePacket } from "./packet";
import { toPlain, toPlainText } from "./to-plain";

describe.each(oddValues.map((odd) => ({ odd, name: odd.name })))("$name", ({ odd: { make, typed = make, ...odd } }) => {
  const plain = () => ("plain" in odd ? odd.plain : make());

  test("comes back from a packet, here and at a client with superjson", () => {
    const packet = encodePacket(make());
    expect(decodePacket(packet)).toEqual(typed());
    expect(decodePacket(encodePacket(decodePacket(packet)))).toEqual(typed());
  });

  test("is told in plain JSON", () => {
    expect(toPlain(make())).toEqual(plain());
    expect(JSON.parse(toPlainText(make()))).toEqual(plain());
  });
});

test("what is plain is written at once; what is not costs a walk", () => {
  expect([1, "a", null, [1], { a: { b: [1] } }, Object.create(null)].map(isPlain)).toEqual([true, true, true, true, true, true]);
  expect([-0, 1n, undefined, new Date(), [undefined], { a: new Map() }, { toJSON: () => 1 }].some(isPlain)).toBe(false);
  const one = {};
  expect(isPlain([one, one])).toBe(false);
});

test("one object in two places stays one, and a ring closes", () => {
  const shared = { n: 1n };
  const back = decodePacket(encodePacket({ left: shared, right: [shared] })) as { left: unknown; right: unknown[] }; // as it went in
  expect(back.left).toBe(back.right[0]);
  const ring: Record<string, unknown> = { at: new Date(0) };
  ring["map"] = new Map([["self", ring]]);
  const closed = decodePacket(encodePacket(ring)) as { map: Map<string, unknown> };
  expect(closed.map.get("self")).toBe(closed);
  expect(superjson.parse<{ map: Map<string, unknown> }>(encodePacket(ring).data ?? "").map.get("self")).toBeInstanceOf(Object);
});

test("an error comes back with its class, causes, inner errors and fields", () => {
  const thrown = Object.assign(new AggregateError([new RangeError("inner")], "outer", { cause: new TypeError("cause") }), {
    code: "E1",
    at: new Date(0),
    socket: { deep: { deeper: { secret: "s" } } },
  });
  const back = decodePacket(encodePacket({ thrown })) as { thrown: AggregateError & { cause: unknown } }; // as it went in
  expect(back.thrown).toBeInstanceOf(AggregateError);
  expect(back.thrown.errors[0]).toBeInstanceOf(RangeError);
  expect(back.thrown.cause).toBeInstanceOf(TypeError);
  expect(back.thrown.stack).toBe(thrown.stack);
  expect(back.thrown).toMatchObject({ message: "outer", code: "E1", at: new Date(0), socket: { deep: "[Object]" } });
  const atClient = superjson.parse<{ thrown: Error }>(encodePacket({ thrown }).data ?? "");
  expect(atClient.thrown).toMatchObject({ name: "AggregateError", message: "outer", stack: thrown.stack });
});

test("what is endless is refused before it costs the process", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];
  expect(() => encodePacket(deep)).toThrow(RangeError);
  expect(() => toPlain(deep)).toThrow("nested");
  expect(() => encodePacket(Object.assign([], { length: 2 ** 32 - 1 }))).toThrow("too large");
  let wide: unknown = ["x".repeat(1000), 1n];
  for (let level = 0; level < 40; level++) wide = [wide, wide];
  expect(() => encodePacket(wide)).toThrow("too large");
  expect(JSON.stringify(toPlain(wide, { levels: 50, entries: 10, text: 100, room: 10_000 })).length).toBeLessThan(30_000);
});

test("a text that no encoder has written is refused with a reason, and sets no prototype", () => {
  const read = (data: unknown) => () => decodePacket({ data: JSON.stringify(data), dataType: "application/super+json" });
  expect(read({ json: { name: [1] }, meta: { values: { name: [["custom", "nobody-knows"]] } } })).toThrow("nobody-knows");
  expect(read({ json: {}, meta: { values: { "__proto__.admin": ["undefined"] } } })).toThrow("__proto__");
  expect(read({ json: { "c.d": "1" }, meta: { values: { "a.b": ["Date"], "c.d": ["bigint"] } } })()).toEqual({ "c.d": 1n });
  expect(read({ json: 1, meta: { values: ["bigint"] } })).toThrow("text was expected");
  expect(read([1])).toThrow("not an object");
  expect(read({ a: 1 })).toThrow("no json");
  expect(Reflect.get({}, "admin")).toBeUndefined();
});
