import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { usage } from "./failure";

/** A server that somebody has signed in to. `token`: a secret key, or a personal access token. */
const Profile = z.object({ url: z.string(), token: z.string() });
export type Profile = z.infer<typeof Profile>;

const Profiles = z.object({ current: z.string(), profiles: z.record(z.string(), Profile) });
export type Profiles = z.infer<typeof Profiles>;

export function profilesFile(env: NodeJS.ProcessEnv = process.env): string {
  const base = env["XDG_CONFIG_HOME"]?.trim();
  return join(base === undefined || base === "" ? join(homedir(), ".config") : base, "signalbox", "config.json");
}

export function readProfiles(file: string = profilesFile()): Profiles {
  if (!existsSync(file)) return { current: "default", profiles: {} };
  try {
    return Profiles.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw usage(`${file} cannot be read as the command line wrote it. Remove it and sign in again: signalbox login`);
  }
}

/** For its owner alone, and whole at any moment. */
export function writeProfiles(profiles: Profiles, file: string = profilesFile()): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600 });
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
}
