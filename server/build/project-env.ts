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
export function readProjectEnv(projectDir: string, mode: BuildMode): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of files[mode]) {
    const text = readIfThere(join(projectDir, name));
    if (text === null) continue;
    // dotenv, as this is what wrote and read the file before: Node's own parser takes a byte order mark and tabs for parts of names.
    for (const [key, value] of Object.entries(parse(text))) {
      if (!reserved.test(key)) env[key] = value;
    }
  }
  return env;
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
