import type { Options, RowId } from "./options";
import type { Line, Measured, Row } from "./rows/row";
import type { Subject } from "./subject";

type LineHead = Omit<Line, "figures">;

/** Collects figures, and what could not be measured, while the rows run one after the other. */
export class Results {
  readonly #lines = new Map<string, Line>();
  readonly #settings = new Map<string, string>();
  readonly #problems: string[] = [];
  constructor(private readonly options: Options) {}

  describe(subject: string, settings: string): void {
    this.#settings.set(subject, settings);
  }

  problem(what: string, error: unknown): void {
    const text = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    console.error(text);
    this.#problems.push(text);
  }

  add(subject: string, heads: readonly LineHead[], measured: Measured): void {
    for (const head of heads) {
      const line = this.#lines.get(head.name) ?? { ...head, figures: new Map() };
      this.#lines.set(head.name, line);
      const figure = measured.get(head.name);
      if (figure === undefined) continue;
      line.figures.set(subject, figure);
      console.log(`  ${head.name}: ${figure.value.toFixed(2)} ${head.unit}`);
    }
  }

  async row(row: Row, subject: Subject): Promise<void> {
    await this.step(row.id, { subject: subject.name, lines: row.lines, limitMs: row.limitMs }, () => row.measure(subject, this.options.scale));
  }

  /** A step that fails, or takes too long, is reported and does not take the others with it. */
  async step(id: string, about: { subject: string; lines: readonly LineHead[]; limitMs: number }, measure: () => Promise<Measured>): Promise<void> {
    if (![...this.options.rows].some((chosen: RowId) => chosen === id)) return;
    console.log(`${about.subject} · ${id}`);
    try {
      this.add(about.subject, about.lines, await within(about.limitMs, measure()));
    } catch (error) {
      this.problem(`${about.subject} · ${id}`, error);
    }
  }

  collected() {
    return { lines: [...this.#lines.values()], settings: [...this.#settings], problems: this.#problems };
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => (timer = setTimeout(() => fail(new Error(`not done within ${ms / 1_000} s`)), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
