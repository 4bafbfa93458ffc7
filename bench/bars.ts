import { names } from "./names";
import type { Line } from "./rows/row";
import { format } from "./stats";

/** What a line of the product is to reach: a figure, or so many times another figure of the same run. */
export interface Bar {
  line: string;
  is: "at least" | "at most";
  factor: number;
  /** Absent: `factor` is the figure itself. A line of its own: of the product, unless a subject is named. */
  of?: { subject?: string; line?: string };
  /** Whose figure is judged; the product's, unless it is said. */
  judged?: string;
}

export interface Verdict {
  bar: string;
  /** In the bar's own measure; undefined where something was not measured. */
  measured: number | undefined;
  met: boolean | undefined;
}

const atLeast = (factor: number, line: string, of?: Bar["of"]): Bar => ({ line, is: "at least", factor, ...(of && { of }) });
const atMost = (factor: number, line: string, of?: Bar["of"]): Bar => ({ line, is: "at most", factor, ...(of && { of }) });
const subject = (name: string) => ({ subject: name });

const [everySec, graphile, base] = [subject(names.bullMqEverySec), subject(names.graphileWorker), subject(names.base)];
/** Two measurements of the same thing differ by some hundredths. */
const noWorse = 1.05;

export const bareHandlerLine = "bare node:http handler under the same load, 64 callers";

export const bars: readonly Bar[] = [
  atMost(1.2, "idle trigger → user code, p50", everySec),
  atMost(1.3, "idle trigger → result, p50", everySec),
  atLeast(2.5, "trigger → result, 64 callers", everySec),
  atLeast(4, "trigger → result, 64 callers", subject(names.dbosQueue)),
  atLeast(4, "trigger → result, 64 callers", subject(names.dbosDirect)),
  atLeast(0.2, "trigger → result, 64 callers", { line: bareHandlerLine }),
  atLeast(1, "trigger → result, 256 callers", { line: "trigger → result, 64 callers" }),
  atMost(120, "CPU per run, 64 callers: server"),
  atMost(45, "CPU per run, 64 callers: database"),
  atMost(50, "CPU per run, 64 callers: worker"),
  atLeast(0.8, "triggers accepted, 32 callers", everySec),
  atLeast(5, "triggers accepted, 32 callers", graphile),
  atLeast(0.8, "triggers accepted, 32 callers, with an idempotencyKey", { line: "triggers accepted, 32 callers" }),
  atLeast(0.6, "accepted in batches of 1,000", graphile),
  atLeast(1, "accepted in batches of 1,000", everySec),
  atLeast(1.3, "drain of 100,000 queued runs", everySec),
  atLeast(0.6, "drain of 100,000 queued runs", graphile),
  atLeast(3, "parents with 100 children by batchTriggerAndWait, results", base),
  atLeast(3, "wait.for, parked and resumed", base),
  atMost(1, "CPU at rest, with database"),
  atMost(noWorse, "CPU at rest, with database", base),
  atMost(300, "memory at rest, with database (PSS)"),
  atMost(noWorse, "memory at rest, with database (PSS)", base),
  atLeast(80_000, "fan-out, messages delivered"),
  atLeast(1 / noWorse, "fan-out, messages delivered", base),
  atMost(50, "commit → pixel in the runs list, p50"),
  atMost(noWorse, "commit → pixel in the runs list, p50", base),
  atMost(150, "commit → pixel in the runs list, p95"),
  atMost(noWorse, "commit → pixel in the runs list, p95", base),
  atMost(180, "initial JS of the heaviest page, gzip"),
  atMost(90, "first start until ready (empty data folder)"),
  atMost(5, "later start until ready"),
];

/** What is stored must not slow anything down: each rate 0.9 of that without, each time no longer than such a rate makes it. */
export const storedBars = (lines: readonly Line[]): Bar[] =>
  lines
    .filter(({ figures }) => figures.has(names.stored))
    .map(({ name, better }) => ({
      line: name,
      is: better === "higher" ? "at least" : "at most",
      factor: better === "higher" ? 0.9 : 1 / 0.9,
      of: subject(names.product),
      judged: names.stored,
    }));

/** Undefined where the run was not about this line at all. */
export function judge(bar: Bar, lines: readonly Line[]): Verdict | undefined {
  const line = lines.find(({ name }) => name === bar.line);
  const value = line?.figures.get(bar.judged ?? names.product)?.value;
  if (line === undefined || value === undefined) return undefined;
  const measured = bar.of === undefined ? value : ratioTo(value, bar.of, { line: bar.line, lines });
  const met = measured === undefined ? undefined : bar.is === "at least" ? measured >= bar.factor : measured <= bar.factor;
  return { bar: describe(bar, line), measured, met };
}

function ratioTo(value: number, of: NonNullable<Bar["of"]>, own: { line: string; lines: readonly Line[] }): number | undefined {
  const other = own.lines.find(({ name }) => name === (of.line ?? own.line));
  const theirs = other?.figures.get(of.subject ?? names.product)?.value;
  return theirs === undefined ? undefined : value / theirs;
}

function describe({ line, is, factor, of, judged }: Bar, { unit }: Line): string {
  const who = judged === undefined ? line : `${line} (${judged})`;
  const sign = is === "at least" ? "≥" : "≤";
  return `${who} ${sign} ${of === undefined ? `${format(factor)} ${unit}` : `${format(factor)} × ${of.line ?? of.subject ?? ""}`}`;
}
