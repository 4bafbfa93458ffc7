/** What was started is ended in the opposite order, also after an error or a signal, and once only. */
export class Cleanup {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #ending: Promise<void> | undefined;

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Ends by itself, or with the whole. */
  scope(): Cleanup {
    const inner = new Cleanup();
    this.add(() => inner.run());
    return inner;
  }

  run(): Promise<void> {
    return (this.#ending ??= this.#runAll());
  }

  async #runAll(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await step().catch((error: unknown) => console.error(`while ending: ${String(error)}`));
    }
  }
}
