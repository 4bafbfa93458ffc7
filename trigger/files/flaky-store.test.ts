import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exists, workspace, writeWhole } from "../lib/workspace";
import { examplePayload } from "./flaky-step";
import { checksum, storeFile, StoreBusyError, StoreRefusedError, weatherOf } from "./flaky-store";

const folder = join(workspace, "test");

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
