import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Beside each bundle; what its `@trigger.dev/sdk` imports resolve to. */
export const sdkModule = "sdk.mjs";

/**
 * Points a build's SDK import to the SDK of this installation. The worker loads the same file, so both share one instance.
 * Written again before each use: the installation may have moved or been upgraded since the build was made.
 */
export function linkSdk(directory: string, sdkEntry: string): void {
  const path = join(directory, sdkModule);
  const text = `export * from ${JSON.stringify(pathToFileURL(realpathSync(sdkEntry)).href)};\n`;
  if (readIfThere(path) !== text) writeFileSync(path, text);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
