import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";

export type BuildMode = "dev" | "start";

/** Later files win. */
const files: Record<BuildMode, readonly string[]> = {
  dev: [".env", ".env.development", ".env.local", ".env.development.local", "dev.vars"],
  start: [".env", ".env.local"],
};

/** Ours: a project cannot set them, and its own application's key must not decide what tasks talk to. */
const reserved = /^(?:TRIGGER_(?:SECRET_KEY|ACCESS_TOKEN|API_URL|PROJECT_REF|PROJECT_ID|VERSION)|NODE_CHANNEL_\w+|NODE_UNIQUE_ID)$/;

/** The project's own variables for its tasks, read anew each time. */
export const readProjectEnv = (projectDir: string, mode: BuildMode): Record<string, string> => Object.fromEntries(readEntries(projectDir, mode).map(({ name, value }) => [name, value]));

/** Their names, each with the file whose value counts. */
export const readEnvNames = (projectDir: string, mode: BuildMode): Record<string, string> => Object.fromEntries(readEntries(projectDir, mode).map(({ name, file }) => [name, file]));

function readEntries(projectDir: string, mode: BuildMode): { name: string; value: string; file: string }[] {
  return files[mode].flatMap((file) => {
    // dotenv, as this is what wrote and read the file before: Node's own parser takes a byte order mark and tabs for parts of names.
    const entries = Object.entries(parse(readIfThere(join(projectDir, file)) ?? ""));
    return entries.flatMap(([name, value]) => (reserved.test(name) ? [] : [{ name, value, file }]));
  });
}

/**
 * What tasks get: in dev the files of the developer's own machine win over what is stored; elsewhere they are what a value is until
 * somebody sets it.
 */
export function projectVariables({ files, stored, mode }: { files: Record<string, string>; stored: Readonly<Record<string, string>>; mode: BuildMode }): Record<string, string> {
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
