import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config";
import type { Deployment } from "./engine/versions/deployments";
import type { Environment } from "./engine/environment";

interface Announcement {
  config: Config;
  version: string;
  environment: Environment;
  deployment: Deployment | null;
  secretKey: string | undefined;
  setupCode: string | null;
  origin: string;
  startedInMs: number;
}

const devKey = (dataDir: string) => join(dataDir, "dev.key");

/** In development the key is one person's own, and is wanted again whenever the application starts: it lies beside the data, for its owner alone. */
export function keepDevKey(dataDir: string, secretKey: string): void {
  writeFileSync(devKey(dataDir), `${secretKey}\n`, { mode: 0o600 });
}

function keyLines({ mode, dataDir }: Config, secretKey: string | undefined): string[] {
  const file = devKey(dataDir);
  const isKept = mode === "dev" && existsSync(file);
  if (secretKey === undefined) return isKept ? [`  secret key   in ${file}`] : [];
  return [
    `  secret key   ${secretKey}`,
    `               ${isKept ? `kept in ${file}` : "shown this once"}: set it as TRIGGER_SECRET_KEY in your application`,
  ];
}

/**
 * Said when requests are served: in words to a terminal, as one more JSON line to a pipe. Key and sign-in link are written as they are;
 * this is the only place that shows them.
 */
export function announce(options: Announcement): void {
  const { config, environment, deployment, origin, secretKey } = options;
  const signIn = options.setupCode === null ? undefined : `${origin}/setup#code=${options.setupCode}`;
  const ready = `Signalbox ${options.version} is ready after ${(options.startedInMs / 1000).toFixed(1)} s (${environment.slug})`;
  if (!process.stdout.isTTY) {
    const project = { ref: environment.project.ref, version: deployment?.version ?? null, tasks: deployment?.manifest.tasks.length ?? 0 };
    process.stdout.write(
      `${JSON.stringify({ time: new Date().toISOString(), level: "info", message: ready, origin, environment: environment.slug, project, data: config.dataDir, secretKey, signIn })}\n`,
    );
    return;
  }
  const lines = [
    "",
    `  ${ready}`,
    "",
    `  ${config.roles.has("web") ? "dashboard" : "API      "}    ${origin}`,
    `  project      ${environment.project.ref}, ${deployment === null ? "no working version yet" : `${deployment.manifest.tasks.length} ${deployment.manifest.tasks.length === 1 ? "task" : "tasks"}, version ${deployment.version}`}`,
    `  data         ${config.dataDir}`,
    ...keyLines(config, secretKey),
    ...(signIn === undefined ? [] : [`  sign in      ${signIn}`, "               works once, for making the first admin"]),
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
