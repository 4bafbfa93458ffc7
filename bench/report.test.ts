import { expect, test } from "vitest";
import { format, meetsBar, renderReport, type Report } from "./report";

const report: Report = {
  command: "npm run bench -- idle",
  at: "2026-11-24T00:00:00.000Z",
  machine: { cores: 2, cpu: "c", memoryGib: 24, kernel: "6", node: "v20", fdatasyncMs: 0.1 },
  settings: [
    ["signalbox", "s"],
    ["slow", "x"],
    ["fast", "y"],
  ],
  lines: [
    { name: "start", unit: "ms", better: "lower", bar: 1.5, figures: new Map([["signalbox", { value: 1 }], ["slow", { value: 4 }], ["fast", { value: 2, note: "9 calls" }]]) },
    { name: "drain", unit: "/s", better: "higher", bar: 15_000, figures: new Map([["signalbox", { value: 10_000 }], ["fast", { value: 20_000 }]]) },
    { name: "peers only", unit: "/s", better: "higher", figures: new Map([["slow", { value: 1_234.4 }]]) },
    { name: "never measured", unit: "ms", better: "lower", bar: 1, figures: new Map() },
  ],
  problems: ["pixel: no browser"],
};

test("the table compares with the peer that is hardest to beat", () => {
  const text = renderReport(report, "signalbox");
  expect(text).toContain("| start (ms) | ≤ 1.50 ✓ | 1.00 | 4.00 | 2.00 <sub>9 calls</sub> | 2.00 × fast |");
  expect(text).toContain("| drain (/s) | ≥ 15,000 ✗ | 10,000 | – | 20,000 | 0.50 × fast |");
  expect(text).not.toContain("never measured");
  expect(text).toContain("| peers only (/s) |  | – | 1,234 | – | – |");
  expect(text).toContain("- **not measured**: pixel: no browser");
});

test("a bar that was not measured is neither met nor missed", () => {
  expect(report.lines.map((line) => meetsBar(line, "signalbox"))).toEqual([true, false, undefined, undefined]);
  expect(["12345", "123.4", "12.34", "1.234"].map(Number).map(format)).toEqual(["12,345", "123", "12.3", "1.23"]);
});
