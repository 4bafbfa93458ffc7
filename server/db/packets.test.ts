import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openPacketStore, PacketExists, type PacketStore } from "./packets";

let folder: string;
let packets: PacketStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "packets-"));
  packets = openPacketStore(join(folder, "packets"));
});
afterEach(() => rm(folder, { recursive: true }));

test("gives back what was put, with its type, whole and as a stream", async () => {
  const data = JSON.stringify({ text: "Grüße\n\u0000\u2028", list: [1, 2] });
  await packets.put("run_1/payload.json", data, "application/json");
  expect(await packets.get("run_1/payload.json")).toEqual({ data, dataType: "application/json" });
  const opened = await packets.open("run_1/payload.json");
  if (opened === null) throw new Error("missing");
  expect(await text(opened.stream)).toBe(data);
  expect(opened.size).toBe(Buffer.byteLength(data));
});

test("a packet is written once: the same again is no change, another is refused", async () => {
  await packets.put("k", "one", "text/plain");
  await packets.put("k", Buffer.from("one"), "text/plain");
  for (const [data, type] of [
    ["two", "text/plain"],
    ["one", "application/json"],
    ["", "text/plain"],
  ] as const)
    await expect(packets.put("k", data, type)).rejects.toThrow(PacketExists);
  expect(await packets.get("k")).toEqual({ data: "one", dataType: "text/plain" });
});

test("of a hundred writers at once one is first, and nothing of the others is left", async () => {
  const tried = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => packets.put("k", `packet ${n}`, "text/plain")));
  const written = tried.flatMap(({ status }, n) => (status === "fulfilled" ? [n] : []));
  expect(written).toHaveLength(1);
  expect((await packets.get("k"))?.data).toBe(`packet ${written[0]}`);
  const files = await readdir(join(folder, "packets"), { recursive: true, withFileTypes: true });
  expect(files.filter((file) => file.isFile())).toHaveLength(1);
});

test("removing is final, and frees the key", async () => {
  await packets.put("k", "one", "text/plain");
  await packets.remove("k");
  await packets.remove("k");
  expect(await packets.get("k")).toBeNull();
  expect(await packets.open("k")).toBeNull();
});

test.each(["../../escape", "/etc/passwd", "a/../../b", "C:\\x", "nul\u0000byte", "x".repeat(2000), "."])(
  "key %j stays inside the folder",
  async (key) => {
    await packets.put(key, "data", "text/plain");
    expect((await packets.get(key))?.data).toBe("data");
    expect(await readdir(folder)).toEqual(["packets"]);
  },
);

test("keys that differ by case only are different packets", async () => {
  await packets.put("A", "upper", "text/plain");
  await packets.put("a", "lower", "text/plain");
  expect((await packets.get("A"))?.data).toBe("upper");
});
