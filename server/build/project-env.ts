import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { expand } from "dotenv-expand";

export type BuildMode = "dev" | "start";

/** Later files win. */
const files: Record<BuildMode, readonly string[]> = {
  dev: [".env", ".env.development", ".env.local", ".env.development.local", "dev.vars"],
  start: [".env", ".env.local"],
};

/** Taken over from the server when it has them; everything else a worker sees is the project's own or made here (threats T31). */
const inherited = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP", "SystemRoot", "NODE_EXTRA_CA_CERTS"] as const;

/** Ours: a project cannot set them, and its own application's key must not decide what tasks talk to. */
const reserved =
  /^(?:TRIGGER_(?:SECRET_KEY|ACCESS_TOKEN|API_URL|PROJECT_REF|PROJECT_ID|VERSION)|NODE_CHANNEL_\w+|NODE_UNIQUE_ID|SIGNALBOX_\w+)$/;
export const isReservedVariable = (name: string): boolean => reserved.test(name);

export function inheritedVariables(server: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(inherited.flatMap((name) => (server[name] === undefined ? [] : [[name, server[name]]])));
}

/** The project's own variables for its tasks, read anew each time. */
export function readProjectEnv(projectDir: string, mode: BuildMode): Record<string, string> {
  return Object.fromEntries(Object.entries(readEnvFiles(projectDir, mode)).filter(([name]) => !isReservedVariable(name)));
}

/**
 * All that the project's .env files say, as dotenv reads and dotenv-expand expands it: it is these that wrote and read the files before.
 * Values may refer to others of the files and to what tasks inherit, never to what else this process has.
 */
export function readEnvFiles(projectDir: string, mode: BuildMode): Record<string, string> {
  const parsed: Record<string, string> = {};
  for (const name of files[mode]) {
    const text = readIfThere(join(projectDir, name));
    // A name that comes again takes the later place, so that it may refer to what stands before it there.
    for (const [key, value] of Object.entries(text === null ? {} : parse(text))) {
      delete parsed[key];
      parsed[key] = value;
    }
  }
  const around = Object.fromEntries(Object.entries(inheritedVariables(process.env)).filter(([name]) => !Object.hasOwn(parsed, name)));
  return expand({ parsed, processEnv: around }).parsed ?? {};
}

/** Names of the project's variables, each with the file whose value counts. */
export function readEnvNames(projectDir: string, mode: BuildMode): Record<string, string> {
  const named = files[mode].flatMap((file) =>
    Object.keys(parse(readIfThere(join(projectDir, file)) ?? "")).map((name) => [name, file] as const),
  );
  return Object.fromEntries(named.filter(([name]) => !isReservedVariable(name)));
}

/**
 * What tasks get: in dev the files of the developer's own machine win over what is stored; elsewhere they are what a value is until
 * somebody sets it.
 */
export function projectVariables({
  files,
  stored,
  mode,
}: {
  files: Record<string, string>;
  stored: Readonly<Record<string, string>>;
  mode: BuildMode;
}): Record<string, string> {
  return mode === "dev" ? { ...stored, ...files } : { ...files, ...stored };
}

export const envFileNames = (mode: BuildMode): readonly string[] => files[mode];

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EISDIR")) return null;
    throw error;
  }
}
