import type { BuildOptions } from "./build/build-project";
import { projectVariables, readProjectEnv } from "./build/project-env";
import { isConnectionError, Unavailable } from "./db/errors";
import type { Engine } from "./engine/engine";
import type { Variables } from "./engine/variables/variables";
import type { Logger } from "./log";
import { runEvents } from "./run-events";
import type { ProcessRecords } from "./supervisor/leftovers";
import { createSupervisor, type Supervisor, type SupervisorOptions } from "./supervisor/supervisor";

interface Parts {
  engine: Engine;
  variables: Variables;
  buildOptions: BuildOptions;
  records: ProcessRecords;
  /** The project's .env files are its main environment's. */
  files: "project" | "none";
  share: Pick<SupervisorOptions, "processes" | "ownProcesses" | "parkedProcesses">;
  frozenAfterMs: number;
  log: Logger;
}

/** The supervisor of an environment's runs, whose processes get the environment's variables as they are at their start. */
export function openSupervisor({ engine, variables, buildOptions, records, files, share, frozenAfterMs, log }: Parts): Supervisor {
  const { dataDir, projectDir, workerEntry, sdkEntry } = buildOptions;
  const mode = engine.env.type === "DEVELOPMENT" ? "dev" : "start";
  return createSupervisor({
    ...share,
    events: runEvents(engine),
    deployments: engine.deployments,
    isOutage: (error) => error instanceof Unavailable || isConnectionError(error),
    dataDir,
    records,
    projectDir,
    mode,
    workerEntry,
    sdkEntry,
    machines: engine.settings.machines,
    timings: { frozen: frozenAfterMs },
    projectEnv: () =>
      projectVariables({ files: files === "none" ? {} : readProjectEnv(projectDir, mode), stored: variables.values(), mode }),
    onVariablesChange: variables.onChange,
    log: log.child({ in: "workers" }),
  });
}
