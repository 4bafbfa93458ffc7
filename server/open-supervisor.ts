import type { BuildOptions } from "./build/build-project";
import { projectVariables, readProjectEnv } from "./build/project-env";
import { isConnectionError, Unavailable } from "./db/errors";
import type { Engine } from "./engine/engine";
import type { Variables } from "./engine/variables/variables";
import type { Logger } from "./log";
import { runEvents } from "./run-events";
import { createSupervisor, type Supervisor } from "./supervisor/supervisor";

interface Parts {
  engine: Engine;
  variables: Variables;
  buildOptions: BuildOptions;
  frozenAfterMs: number;
  log: Logger;
}

/** The supervisor of this server's runs, whose processes get the project's variables as they are at their start. */
export function openSupervisor({ engine, variables, buildOptions, frozenAfterMs, log }: Parts): Supervisor {
  const { dataDir, projectDir, mode, workerEntry, sdkEntry } = buildOptions;
  return createSupervisor({
    events: runEvents(engine),
    deployments: engine.deployments,
    isOutage: (error) => error instanceof Unavailable || isConnectionError(error),
    dataDir,
    projectDir,
    mode,
    workerEntry,
    sdkEntry,
    machines: engine.settings.machines,
    timings: { frozen: frozenAfterMs },
    projectEnv: () => projectVariables({ files: readProjectEnv(projectDir, mode), stored: variables.values(), mode }),
    onVariablesChange: variables.onChange,
    log: log.child({ in: "workers" }),
  });
}
