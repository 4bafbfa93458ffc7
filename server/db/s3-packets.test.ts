import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestBucket, type TestBucket } from "@/test/bucket";
import { openPacketStore, PacketExists, type PacketStore } from "./packets";
import { openS3Packets, StorageUnavailable, type S3Packets, type S3Settings } from "./s3-packets";

/** Against a server that speaks S3. */
let folder: string;
let bucket: TestBucket;
let settings: S3Settings;
let former: PacketStore;
let packets: S3Packets;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packets-"));
  bucket = await openTestBucket();
  ({ settings } = bucket);
  former = openPacketStore(folder);
  packets = openS3Packets(settings, former);
});
afterAll(async () => {
  await bucket.close();
  await rm(folder, { recursive: true });
});

test("gives back what was put, with its type, whole, as a stream and at an address of the bucket's own", async () => {
  await packets.check();
  const data = JSON.stringify({ text: "Grüße\n\u2028".repeat(100_000) });
  await packets.put("run_1/payload/aa", data, "application/super+json");
  expect(await packets.get("run_1/payload/aa")).toEqual({ data, dataType: "application/super+json" });
  const opened = await packets.open("run_1/payload/aa");
  if (opened === null) throw new Error("missing");
  expect([await text(opened.stream), opened.dataType, opened.size]).toEqual([data, "application/super+json", Buffer.byteLength(data)]);
  const address = (await packets.address("run_1/payload/aa")) ?? "";
  const fetched = await fetch(address);
  expect([fetched.status, fetched.headers.get("content-type"), (await fetched.text()) === data]).toEqual([
    200,
    "application/super+json",
    true,
  ]);
  const signed = new URL(address).searchParams;
  expect([signed.get("X-Amz-Expires"), signed.get("X-Amz-SignedHeaders"), signed.get("X-Amz-Signature")]).toEqual([
    "3600",
    "host",
    expect.stringMatching(/^[0-9a-f]{64}$/),
  ]);
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
  await packets.remove("k");
  await packets.remove("k");
  expect([await packets.get("k"), await packets.open("k"), await packets.address("k")]).toEqual([null, null, null]);
});

test("what the data directory held before is still read, and goes when it is removed", async () => {
  await former.put("run_0/output/aa", "old", "text/plain");
  expect(await packets.get("run_0/output/aa")).toEqual({ data: "old", dataType: "text/plain" });
  expect(await packets.address("run_0/output/aa")).toBeNull();
  await packets.remove("run_0/output/aa");
  expect(await former.get("run_0/output/aa")).toBeNull();
});

const refused = (wrong: Partial<S3Settings>) =>
  openS3Packets({ ...settings, ...wrong }, former)
    .check()
    .catch((error: unknown) => error);

test("a wrong key, an unknown bucket and an address where nobody is are said in one line, without the keys", async () => {
  const errors = [await refused({ accessKeyId: "unknown-key", secretAccessKey: "its-secret" }), await refused({ bucket: "other-packets" })];
  await bucket.down();
  errors.push(await refused({}));
  const says = errors.map((error) => (error instanceof StorageUnavailable ? error.message : `not refused: ${String(error)}`));
  expect(says).toEqual([
    expect.stringContaining("403"),
    expect.stringContaining("There is no bucket other-packets at"),
    expect.stringContaining("ECONNREFUSED"),
  ]);
  expect(says.join()).not.toMatch(/S3RVER|unknown-key|its-secret|\n/);
});
