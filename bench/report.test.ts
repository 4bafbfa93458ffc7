import { expect, test } from "vitest";
import { names } from "./names";
import { renderReport, verdicts, type Report } from "./report";
import type { Line } from "./rows/row";

const line = (name: string, unit: string, figures: [string, { value: number; note?: string }][]): Line => ({
  name,
  unit,
  better: unit === "ms" ? "lower" : "higher",
  figures: new Map(figures),
});

const report: Report = {
  command: "npm run bench -- idle",
  at: "2026-11-24T00:00:00.000Z",
  machine: { cores: 2, cpu: "c", memoryGib: 24, kernel: "6", node: "v20", fdatasyncMs: 0.1 },
  settings: [
    [names.product, "s"],
    [names.base, "b"],
    [names.pgBoss, "x"],
    [names.bullMqEverySec, "y"],
  ],
  lines: [
    line("idle trigger → user code, p50", "ms", [
      [names.product, { value: 1.5 }],
      [names.base, { value: 0.5 }],
      [names.pgBoss, { value: 4 }],
      [names.bullMqEverySec, { value: 1, note: "9 calls" }],
    ]),
    line("drain of 100,000 queued runs", "/s", [
      [names.product, { value: 10_000 }],
      [names.bullMqEverySec, { value: 5_000 }],
    ]),
    line("peers only", "/s", [[names.pgBoss, { value: 1_234.4 }]]),
    line("never measured", "ms", []),
  ],
  notes: ["published client: with headers"],
  problems: ["pixel: no browser"],
};

test("the table compares with the peer that is hardest to beat, never with an older build", () => {
  const text = renderReport(report);
  const figures = "1.50 | 0.50 | 4.00 | 1.00 <sub>9 calls</sub> | 0.67 × bullmq (AOF everysec) |";
  expect(text).toContain(`| idle trigger → user code, p50 (ms) | ${figures}`);
  expect(text).toContain("| drain of 100,000 queued runs (/s) | 10,000 | – | – | 5,000 | 2.00 × bullmq (AOF everysec) |");
  expect(text).not.toContain("never measured");
  expect(text).toContain("| peers only (/s) | – | – | 1,234 | – | – |");
  expect(text).toContain("- **not measured**: pixel: no browser");
  expect(text).toContain("- published client: with headers");
});

test("each bar of a line that was measured is met, missed or not measured", () => {
  const text = renderReport(report);
  expect(text).toContain("| idle trigger → user code, p50 ≤ 1.20 × bullmq (AOF everysec) | 1.50 | **missed** |");
  expect(text).toContain("| drain of 100,000 queued runs ≥ 1.30 × bullmq (AOF everysec) | 2.00 | met |");
  expect(text).toContain("| drain of 100,000 queued runs ≥ 0.60 × graphile-worker | – | not measured |");
  expect(verdicts(report.lines)).toHaveLength(3);
});
