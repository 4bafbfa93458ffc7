import type { Config } from "./config";
import type { Deployment } from "./engine/versions/deployments";
import type { Environment } from "./engine/environment";
import type { Logger } from "./log";

interface Announcement {
  config: Config;
  version: string;
  environment: Environment;
  deployment: Deployment | null;
  secretKey: string | undefined;
  setupCode: string | null;
  origin: string;
  startedInMs: number;
  log: Logger;
}

/** Said when requests are served. Key and sign-in link are written as they are: this is the only place that shows them. */
export function announce(options: Announcement): void {
  const { config, environment, deployment, origin } = options;
  const signIn = options.setupCode === null ? undefined : `${origin}/setup#code=${options.setupCode}`;
  const seconds = (options.startedInMs / 1000).toFixed(1);
  const lines = [
    "",
    `  Signalbox ${options.version} is ready after ${seconds} s (${environment.slug})`,
    "",
    `  ${config.roles.has("web") ? "dashboard" : "API      "}    ${origin}`,
    `  project      ${environment.project.ref}, ${deployment === null ? "no working version yet" : `${deployment.manifest.tasks.length} ${deployment.manifest.tasks.length === 1 ? "task" : "tasks"}, version ${deployment.version}`}`,
    `  data         ${config.dataDir}`,
    ...(options.secretKey === undefined ? [] : [`  secret key   ${options.secretKey}`, "               shown this once: set it as TRIGGER_SECRET_KEY in your application"]),
    ...(signIn === undefined ? [] : [`  sign in      ${signIn}`, "               works once, for making the first admin"]),
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  options.log.info("ready", { origin, environment: environment.slug, startedInMs: options.startedInMs });
}
