import { expect, test } from "vitest";
import { measureCpu, measureDisk, measureHashing, measureMemory } from "./measure";

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
