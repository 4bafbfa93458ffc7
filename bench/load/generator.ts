import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runLoad, type Load, type Loaded } from "./callers";

export interface Generator {
  run(load: Load): Promise<Loaded>;
  close(): void;
}

type Told = { loaded: Loaded } | { error: string };

/** A process of its own, so that neither the harness nor what it measures waits for the sending of requests. */
export function startGenerator(): Generator {
  const options = { execArgv: ["--max-semi-space-size=32"], serialization: "advanced" } as const;
  const child = fork(fileURLToPath(import.meta.url), ["load-generator"], options);
  return {
    run: (load) =>
      new Promise((done, fail) => {
        const ended = (code: number | null) => fail(new Error(`the load generator ended with code ${code}`));
        child.once("exit", ended);
        // Both ends of this channel are this file's own build, so the shape is known.
        child.once("message", (told: Told) => {
          child.off("exit", ended);
          if ("error" in told) fail(new Error(told.error));
          else done(told.loaded);
        });
        child.send(load);
      }),
    close: () => child.disconnect(),
  };
}

/** Main of the forked process. */
export function runGenerator(): void {
  const tell = (told: Told) => process.send?.(told);
  process.on("disconnect", () => process.exit(0));
  process.on("message", (load: Load) => {
    runLoad(load).then(
      (loaded) => tell({ loaded }),
      (error: unknown) => tell({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
}
