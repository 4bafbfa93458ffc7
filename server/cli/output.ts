import { readableText, visibleText } from "@/lib/view/readable-text";

/** `json`: one JSON document, or one a line of what goes on. */
export type Format = "text" | "json";

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, process.stdout.isTTY ? 2 : undefined));

/** What is said beside the answer. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Rows below their headings. What others wrote cannot move the cursor. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const shown = rows.map((row) => row.map((cell) => readableText(cell).replaceAll("\n", " ")));
  const widths = headings.map((heading, i) => Math.max(heading.length, ...shown.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  print(line(headings.map((heading) => heading.toUpperCase())));
  for (const row of shown) print(line(row));
}

/** Names with their values, those without one left out. */
export function printFacts(facts: Record<string, string | undefined>): void {
  const given = Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== "");
  const width = Math.max(...given.map(([name]) => name.length));
  for (const [name, value] of given) print(`${name.padEnd(width)}  ${visibleText(value).replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`);
}

/** Tells how far long work is, on one line of a terminal; to a pipe it says nothing. */
export function openProgress(): { show(text: string): void; end(): void } {
  const isTerminal = process.stderr.isTTY;
  return {
    show: (text) => void (isTerminal && process.stderr.write(`\r\u001b[2K${text}`)),
    end: () => void (isTerminal && process.stderr.write("\r\u001b[2K")),
  };
}
