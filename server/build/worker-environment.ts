import type { TaskVariables } from "./builder-protocol";
import { inheritedVariables } from "./project-env";

export interface WorkerEnvironmentOptions {
  projectEnv: Record<string, string>;
  /** What the build gives besides. */
  build?: TaskVariables;
  projectRef?: string;
  nodeEnv: "development" | "production";
  /** The server's own environment, of which only the inherited names are read. */
  server?: NodeJS.ProcessEnv;
}

export type WorkerEnvironment = NodeJS.ProcessEnv & Record<string, string>;

/** Built from nothing. What is ours comes last, so a project's variables cannot replace it. */
export function workerEnvironment(options: WorkerEnvironmentOptions): WorkerEnvironment {
  const { build, projectEnv, projectRef } = options;
  return {
    NODE_ENV: options.nodeEnv,
    ...inheritedVariables(options.server ?? process.env),
    ...build?.defaults,
    ...projectEnv,
    ...build?.overrides,
    ...(projectRef !== undefined && { TRIGGER_PROJECT_REF: projectRef }),
  };
}
