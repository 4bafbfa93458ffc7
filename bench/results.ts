import type { Options, RowId } from "./options";
import type { Figure, Line, LineHead, Measured, Row } from "./rows/row";
import { mean, thereAndBack } from "./stats";
import type { Subject } from "./subject";

/** What one subject does for a row. */
export interface Work {
  subject: string;
  measure(): Promise<Measured>;
}

/** Collects figures, and what could not be measured, while the rows run one after the other. */
export class Results {
  readonly #lines = new Map<string, Line>();
  readonly #settings = new Map<string, string>();
  readonly #notes: string[] = [];
  readonly #problems: string[] = [];
  constructor(private readonly options: Options) {}

  describe(subject: string, settings: string): void {
    this.#settings.set(subject, settings);
  }

  note(text: string): void {
    this.#notes.push(text);
  }

  problem(what: string, error: unknown): void {
    const text = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    console.error(text);
    this.#problems.push(text);
  }

  async row(row: Row, subjects: readonly Subject[]): Promise<void> {
    const works = subjects.map((subject) => ({ subject: subject.name, measure: () => row.measure(subject, this.options.scale) }));
    await this.step(row.id, row, works);
  }

  /**
   * Several subjects take turns, there and back, and their figures are means: what the machine does meanwhile meets all alike.
   * A step that fails, or takes too long, is reported and does not take the others with it.
   */
  async step(id: string, about: { lines: readonly LineHead[]; limitMs: number }, works: readonly Work[]): Promise<void> {
    if (![...this.options.rows].some((chosen: RowId) => chosen === id)) return;
    const measured = new Map<string, Measured[]>();
    for (const { subject, measure } of thereAndBack(works)) {
      console.log(`${subject} · ${id}`);
      try {
        const figures = await within(about.limitMs, measure());
        measured.set(subject, [...(measured.get(subject) ?? []), figures]);
      } catch (error) {
        this.problem(`${subject} · ${id}`, error);
      }
    }
    for (const { subject } of works) this.#add(subject, about.lines, meanOf(measured.get(subject) ?? []));
  }

  collected() {
    return { lines: [...this.#lines.values()], settings: [...this.#settings], notes: this.#notes, problems: this.#problems };
  }

  #add(subject: string, heads: readonly LineHead[], measured: Measured): void {
    for (const head of heads) {
      const line = this.#lines.get(head.name) ?? { ...head, figures: new Map() };
      this.#lines.set(head.name, line);
      const figure = measured.get(head.name);
      if (figure === undefined) continue;
      line.figures.set(subject, figure);
      console.log(`  ${subject} · ${head.name}: ${figure.value.toFixed(2)} ${head.unit}`);
    }
  }
}

/** Of the same subject's turns; the note of one that was measured once is kept. */
export function meanOf(turns: readonly Measured[]): Measured {
  const lines = [...new Set(turns.flatMap((turn) => [...turn.keys()]))];
  return new Map(
    lines.map((name): [string, Figure] => {
      const figures = turns.flatMap((turn) => turn.get(name) ?? []);
      const [only] = figures;
      if (figures.length === 1 && only !== undefined) return [name, only];
      return [name, { value: mean(figures.map(({ value }) => value)), note: `mean of ${figures.length}` }];
    }),
  );
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => (timer = setTimeout(() => fail(new Error(`not done within ${ms / 1_000} s`)), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
