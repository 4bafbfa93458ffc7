import { expect, test } from "vitest";
import { usage } from "./ambient";

test("usage.measure measures outside of runs too", async () => {
  const { result, compute } = await usage.measure(() => new Promise<string>((resolve) => setTimeout(resolve, 20, "done")));
  expect([result, compute.costInCents]).toEqual(["done", 0]);
  expect(compute.durationMs).toBeGreaterThanOrEqual(15);
});
