import type { Machine } from "./machine";
import type { Line } from "./rows/row";
import { ratio } from "./stats";

export interface Report {
  command: string;
  at: string;
  machine: Machine;
  /** By subject. */
  settings: [subject: string, settings: string][];
  lines: Line[];
  /** Rows that could not be measured, and why. */
  problems: string[];
}

/** Markdown: one line a measurement, one column a subject, and how the product compares with the best peer. */
export function renderReport(report: Report, product: string): string {
  const { machine, lines } = report;
  const names = report.settings.map(([name]) => name);
  const peers = names.filter((name) => name !== product);
  const heading = ["", "bar", ...names, ...(peers.length > 0 ? ["ours beats the best peer by"] : [])];
  const bar = (line: Line) => (line.bar === undefined ? "" : `${line.better === "lower" ? "≤" : "≥"} ${format(line.bar)}${verdict(line, product)}`);
  const body = lines
    .filter((line) => line.figures.size > 0)
    .map((line) => {
      const cells = [`${line.name} (${line.unit})`, bar(line)].concat(names.map((name) => cell(line, name)));
      return peers.length > 0 ? cells.concat(comparison(line, product, peers)) : cells;
    });
  return [
    `# Bench, ${report.at}`,
    `\`${report.command}\``,
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGib} GiB, Linux ${machine.kernel}, Node ${machine.node}; fdatasync ${machine.fdatasyncMs.toFixed(3)} ms. Load, product, workers and databases share the cores.`,
    report.settings.map(([name, settings]) => `- ${name}: ${settings}`).join("\n"),
    [heading, heading.map((_, i) => (i === 0 ? "---" : "---:")), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n"),
    report.problems.map((problem) => `- **not measured**: ${problem}`).join("\n"),
    "",
  ]
    .filter((part, i, all) => part !== "" || i === all.length - 1)
    .join("\n\n");
}

export function meetsBar({ bar, better, figures }: Line, product: string): boolean | undefined {
  const ours = figures.get(product)?.value;
  if (bar === undefined || ours === undefined) return undefined;
  return better === "lower" ? ours <= bar : ours >= bar;
}

function verdict(line: Line, product: string): string {
  const met = meetsBar(line, product);
  return met === undefined ? "" : met ? " ✓" : " ✗";
}

function cell(line: Line, name: string): string {
  const figure = line.figures.get(name);
  if (figure === undefined) return "–";
  return figure.note === undefined ? format(figure.value) : `${format(figure.value)} <sub>${figure.note}</sub>`;
}

function comparison(line: Line, product: string, peers: readonly string[]): string {
  const ours = line.figures.get(product)?.value;
  if (ours === undefined) return "–";
  const best = peers
    .flatMap((name) => {
      const theirs = line.figures.get(name)?.value;
      return theirs === undefined ? [] : [{ name, ratio: ratio(ours, theirs, line.better) }];
    })
    .toSorted((a, b) => a.ratio - b.ratio)[0];
  return best === undefined ? "–" : `${best.ratio.toFixed(2)} × ${best.name}`;
}

/** Three digits that matter, thousands apart. */
export function format(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
