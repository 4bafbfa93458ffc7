import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openPacketStore, type PacketStore } from "./packets";

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

test("the newest content wins, and removing is final", async () => {
  await packets.put("k", "one", "text/plain");
  await packets.put("k", "two", "application/json");
  expect(await packets.get("k")).toEqual({ data: "two", dataType: "application/json" });
  await packets.remove("k");
  await packets.remove("k");
  expect(await packets.get("k")).toBeNull();
  expect(await packets.open("k")).toBeNull();
});

test.each(["../../escape", "/etc/passwd", "a/../../b", "C:\\x", "nul\u0000byte", "x".repeat(2000), "."])("key %j stays inside the folder", async (key) => {
  await packets.put(key, "data", "text/plain");
  expect((await packets.get(key))?.data).toBe("data");
  expect(await readdir(folder)).toEqual(["packets"]);
});

test("keys that differ by case only are different packets", async () => {
  await packets.put("A", "upper", "text/plain");
  await packets.put("a", "lower", "text/plain");
  expect((await packets.get("A"))?.data).toBe("upper");
});
