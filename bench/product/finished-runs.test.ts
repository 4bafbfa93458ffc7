import { expect, test } from "vitest";
import { parseFinished } from "./finished-runs";

test("counts the completed runs of one task, in any order of labels", () => {
  const metrics = [
    "# TYPE signalbox_runs_finished_total counter",
    'signalbox_runs_finished_total{task="sleeper",status="FAILED"} 3',
    'signalbox_runs_finished_total{status="COMPLETED",task="sleeper"} 1200',
    'signalbox_runs_finished_total{task="noop",status="COMPLETED"} 1.5e+06',
  ].join("\n");
  expect(parseFinished(metrics, "sleeper")).toBe(1_200);
  expect(parseFinished(metrics, "noop")).toBe(1_500_000);
  expect(parseFinished(metrics, "other")).toBe(0);
});
