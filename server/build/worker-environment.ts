/** Taken over from the server when it has them; everything else a worker sees is the project's own or made here (threats T31). */
const inherited = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP", "SystemRoot", "NODE_EXTRA_CA_CERTS"] as const;

export interface WorkerEnvironmentOptions {
  projectEnv: Record<string, string>;
  projectRef?: string;
  nodeEnv: "development" | "production";
  /** The server's own environment, of which only the inherited names are read. */
  server?: NodeJS.ProcessEnv;
}

/** Built from nothing. What is ours comes last, so a project's variables cannot replace it. */
export function workerEnvironment(options: WorkerEnvironmentOptions): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { NODE_ENV: options.nodeEnv };
  const server = options.server ?? process.env;
  for (const name of inherited) {
    const value = server[name];
    if (value !== undefined) env[name] = value;
  }
  Object.assign(env, options.projectEnv);
  if (options.projectRef !== undefined) env["TRIGGER_PROJECT_REF"] = options.projectRef;
  return env;
}
