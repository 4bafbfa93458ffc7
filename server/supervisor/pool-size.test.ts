import { expect, it } from "vitest";
import { lackingProcesses, wantedProcesses } from "./pool-size";
import { defaultTimings } from "./timings";

const limits = { warm: 1, most: 2, slots: 10 };
const lacking = (...pool: [running: number, silence: number][]) =>
  lackingProcesses(
    pool.map(([running, silence]) => ({ running, silence })),
    limits,
    defaultTimings,
  );

it.each([
  [0, 1],
  [5, 1],
  [6, 2],
  [15, 2],
  [100, 2],
])("wants, for %i runs, %i processes", (running, processes) => {
  expect(wantedProcesses(running, limits)).toBe(processes);
});

it.each<[string, [number, number][], number]>([
  ["nothing there", [], 1],
  ["one idle", [[0, 0]], 0],
  ["one half full", [[6, 0]], 1],
  [
    "both busy",
    [
      [10, 0],
      [10, 0],
    ],
    0,
  ],
  ["the only one silent", [[1, 500]], 1],
  [
    "both silent for a moment",
    [
      [1, 500],
      [1, 500],
    ],
    0,
  ],
  [
    "both blocked",
    [
      [1, 9_000],
      [1, 9_000],
    ],
    1,
  ],
  [
    "both blocked, a stand-in idle",
    [
      [1, 9_000],
      [1, 9_000],
      [0, 0],
    ],
    0,
  ],
  [
    "six blocked",
    [
      [1, 9_000],
      [1, 9_000],
      [1, 9_000],
      [1, 9_000],
      [1, 9_000],
      [1, 9_000],
    ],
    0,
  ],
])("%s", (...[, pool, processes]) => {
  expect(lacking(...pool)).toBe(processes);
});
