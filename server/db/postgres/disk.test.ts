import { expect, test } from "vitest";
import { judgeDisk } from "./disk";

const mega = 1024 ** 2;
const disk = (size: number, free: number) => ({ blocks: size, bavail: free, bsize: mega });

test.each([
  ["half empty", disk(1000, 500), "ok"],
  ["84 % used", disk(1000, 160), "ok"],
  ["85 % used", disk(1000, 150), "low"],
  ["94 % used", disk(1000, 60), "low"],
  ["95 % used", disk(1000, 50), "full"],
  ["nothing left", disk(1000, 0), "full"],
  ["95 % of a large disk, 100 GB free", disk(2_048_000, 102_400), "ok"],
])("%s", (_, state, level) => {
  expect(judgeDisk(state).level).toBe(level);
});
