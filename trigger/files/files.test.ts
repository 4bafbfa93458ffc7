import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { sampleImages } from "../images/sample-images";
import { findFiles } from "../lib/files";
import { seededRandom } from "../lib/random";
import { exists, workspace, writeWhole } from "../lib/workspace";
import { measureCpu, measureDisk, measureHashing, measureMemory } from "../report/measure";
import { digestMarkdown } from "./digest";
import { examplePayload } from "./flaky-step";
import { checksum, storeFile, StoreBusyError, StoreRefusedError, weatherOf } from "./flaky-store";

const folder = join(workspace, "test");

test("random numbers repeat with their seed and stay in [0, 1)", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [a, b] = [seededRandom(seed), seededRandom(seed)];
      for (let i = 0; i < 50; i++) {
        const value = a();
        expect(value).toBe(b());
        expect(value >= 0 && value < 1).toBe(true);
      }
    }),
  );
});

describe("the flaky store", () => {
  test("the example payload fails at first and succeeds within its attempts", () => {
    const { seed, failureRate } = examplePayload;
    const weather = [1, 2, 3, 4, 5].map((attempt) => weatherOf(seed, attempt, failureRate));
    expect(weather.slice(0, 3)).toEqual(["busy", "cut", "fine"]);
  });
  test("rates of 0 and 1 are what they say", () => {
    for (let attempt = 1; attempt <= 50; attempt++) {
      expect(weatherOf(attempt, attempt, 0)).toBe("fine");
      expect(weatherOf(attempt, attempt, 1)).not.toBe("fine");
    }
  });
  test("a cut connection is noticed, and the next attempt repairs the copy", async () => {
    const source = await writeWhole(join(folder, "source.bin"), Buffer.alloc(10_000, 3));
    const target = join(folder, "stored.bin");
    await expect(storeFile(source, target, "cut")).rejects.toThrow("The connection was cut");
    await expect(storeFile(source, target, "busy")).rejects.toThrow(StoreBusyError);
    const stored = await storeFile(source, target, "fine");
    expect(stored).toEqual({ bytes: 10_000, sha256: checksum(await readFile(source)) });
  });
  test("an empty file is refused for good", async () => {
    const empty = await writeWhole(join(folder, "empty.bin"), "");
    await expect(storeFile(empty, join(folder, "never.bin"), "fine")).rejects.toThrow(StoreRefusedError);
    expect(await exists(join(folder, "never.bin"))).toBe(false);
  });
});

test("the sample pictures are real pictures in two formats", async () => {
  const files = await findFiles(await sampleImages(2), [".png", ".jpg"]);
  const kinds = await Promise.all(files.map(async ({ path }) => sharp(path).metadata()));
  expect(kinds.map(({ format, width, height }) => [format, width, height])).toEqual([
    ["png", 1600, 1000],
    ["jpeg", 1600, 1000],
  ]);
});

test("files are found below a folder in order, and none below an absent one", async () => {
  await writeWhole(join(folder, "tree", "b", "2.md"), "b");
  await writeWhole(join(folder, "tree", "a.md"), "a");
  await writeWhole(join(folder, "tree", "c.txt"), "c");
  expect((await findFiles(join(folder, "tree"), [".md"])).map(({ name, bytes }) => [name, bytes])).toEqual([["a.md", 1], ["b/2.md", 1]]);
  expect(await findFiles(join(folder, "absent"))).toEqual([]);
});

const line = (name: string, bytes: number, sha256: string) => ({ name, kind: name.slice(name.indexOf(".")), bytes, sha256 });

test("the digest counts kinds and finds copies", () => {
  const text = digestMarkdown(new Date("2026-11-23T02:00:00Z"), new Date("2026-11-24T02:00:00Z"), [line("a.csv", 2048, "x"), line("b.csv", 1024, "y"), line("c.md", 100, "x")]);
  expect(text).toContain("# Digest for 2026-11-24");
  expect(text).toContain("- .csv: 2 files, 3.0 KiB\n- .md: 1 files, 0.1 KiB");
  expect(text).toContain("- a.csv = c.md");
  expect(digestMarkdown(new Date(0), new Date(0), [])).toContain("0 files");
});

test("measurements are of this machine", async () => {
  const readings = [...(await measureCpu(50)), ...measureMemory(), ...(await measureDisk(5)), ...(await measureHashing(20))];
  const value = (name: string) => readings.find((reading) => reading.name === name)?.value ?? -1;
  expect(value("cores")).toBeGreaterThanOrEqual(1);
  expect(value("busy")).toBeLessThanOrEqual(100);
  expect(value("this worker")).toBeGreaterThan(10);
  expect(value("durable write, slowest")).toBeGreaterThanOrEqual(value("durable write, median"));
  expect(value("SHA-256")).toBeGreaterThan(1);
  expect(readings.every((reading) => Number.isFinite(reading.value))).toBe(true);
});
