import { fork, type ForkOptions } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runLoad, type Load, type Loaded } from "./callers";

export interface Generator {
  run(load: Load): Promise<Loaded>;
  close(): void;
}

interface Order {
  id: number;
  load: Load;
}
type Told = { id: number } & ({ loaded: Loaded } | { error: string });
interface Waiting {
  done(loaded: Loaded): void;
  fail(error: Error): void;
}

/** A process of its own, so that neither the harness nor what it measures waits for the sending of requests. */
export function startGenerator(): Generator {
  const options: ForkOptions = { execArgv: ["--max-semi-space-size=32"], serialization: "advanced" };
  const child = fork(fileURLToPath(import.meta.url), ["load-generator"], options);
  // By number: a load that took too long is no longer waited for, and its end is not that of the next one.
  const waiting = new Map<number, Waiting>();
  let last = 0;
  child.on("exit", (code) => {
    for (const { fail } of waiting.values()) fail(new Error(`the load generator ended with code ${code}`));
  });
  // Both ends of this channel are this file's own build, so the shape is known.
  child.on("message", (told: Told) => {
    const ended = waiting.get(told.id);
    waiting.delete(told.id);
    if ("error" in told) ended?.fail(new Error(told.error));
    else ended?.done(told.loaded);
  });
  return {
    run: (load) =>
      new Promise((done, fail) => {
        const order: Order = { id: ++last, load };
        waiting.set(order.id, { done, fail });
        child.send(order, (error) => {
          if (error !== null) fail(error);
        });
      }),
    close: () => {
      if (child.connected) child.disconnect();
    },
  };
}

/** Main of the forked process. */
export function runGenerator(): void {
  const tell = (told: Told) => process.send?.(told);
  process.on("disconnect", () => process.exit(0));
  process.on("message", ({ id, load }: Order) => {
    runLoad(load).then(
      (loaded) => tell({ id, loaded }),
      (error: unknown) => tell({ id, error: error instanceof Error ? error.message : String(error) }),
    );
  });
}
