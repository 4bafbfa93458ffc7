import { bars, judge, storedBars, type Verdict } from "./bars";
import type { Machine } from "./machine";
import { names, ours } from "./names";
import type { Line } from "./rows/row";
import { format, ratio } from "./stats";

export interface Report {
  command: string;
  at: string;
  machine: Machine;
  /** By subject. */
  settings: [subject: string, settings: string][];
  lines: Line[];
  /** How it was measured, where that is known only afterwards. */
  notes: string[];
  /** Rows that could not be measured, and why. */
  problems: string[];
}

/** Markdown: one line a measurement, one column a subject, how the product compares with the best peer, and its bars. */
export function renderReport(report: Report): string {
  const { machine } = report;
  return [
    `# Bench, ${report.at}`,
    `\`${report.command}\``,
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGib} GiB, Linux ${machine.kernel}, Node ${machine.node}; ` +
      `fdatasync ${machine.fdatasyncMs.toFixed(3)} ms. Load, product, workers and databases share the cores.`,
    [...report.settings.map(([name, settings]) => `- ${name}: ${settings}`), ...report.notes.map((note) => `- ${note}`)].join("\n"),
    renderFigures(report),
    renderBars(verdicts(report.lines)),
    report.problems.map((problem) => `- **not measured**: ${problem}`).join("\n"),
    "",
  ]
    .filter((part, i, all) => part !== "" || i === all.length - 1)
    .join("\n\n");
}

/** Those whose own line was measured. */
export const verdicts = (lines: readonly Line[]): Verdict[] => [...bars, ...storedBars(lines)].flatMap((bar) => judge(bar, lines) ?? []);

function renderFigures({ lines, settings }: Report): string {
  const subjects = settings.map(([name]) => name);
  const peers = subjects.filter((name) => !ours.includes(name));
  const heading = ["", ...subjects, ...(peers.length > 0 ? ["ours beats the best peer by"] : [])];
  const body = lines
    .filter((line) => line.figures.size > 0)
    .map((line) => {
      const cells = [`${line.name} (${line.unit})`].concat(subjects.map((name) => cell(line, name)));
      return peers.length > 0 ? cells.concat(comparison(line, peers)) : cells;
    });
  return table(heading, body);
}

function renderBars(all: readonly Verdict[]): string {
  if (all.length === 0) return "";
  const words = (met: boolean | undefined) => (met === undefined ? "not measured" : met ? "met" : "**missed**");
  const body = all.map(({ bar, measured, met }) => [bar, measured === undefined ? "–" : format(measured), words(met)]);
  return table(["bar", "measured", ""], body);
}

const table = (heading: string[], body: string[][]): string =>
  [heading, heading.map((_, i) => (i === 0 ? "---" : "---:")), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

function cell(line: Line, name: string): string {
  const figure = line.figures.get(name);
  if (figure === undefined) return "–";
  return figure.note === undefined ? format(figure.value) : `${format(figure.value)} <sub>${figure.note}</sub>`;
}

function comparison(line: Line, peers: readonly string[]): string {
  const value = line.figures.get(names.product)?.value;
  if (value === undefined) return "–";
  const best = peers
    .flatMap((name) => {
      const theirs = line.figures.get(name)?.value;
      return theirs === undefined ? [] : [{ name, ratio: ratio(value, theirs, line.better) }];
    })
    .toSorted((a, b) => a.ratio - b.ratio)[0];
  return best === undefined ? "–" : `${best.ratio.toFixed(2)} × ${best.name}`;
}
