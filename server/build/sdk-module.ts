import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Entries of `@trigger.dev/sdk` besides the main one, and the module of ours that each is. The same list is in lib/sdk/package.json. */
export const sdkEntries = {
  v3: "index",
  ai: "ai",
  "oidc/aws": "oidc-aws",
  "ai/skills-runtime": "skills-runtime",
  "ai/test": "ai-test",
  chat: "chat",
  "chat/react": "chat-react",
  "chat-server": "chat-server",
} as const;

/** Files beside each bundle, by module: what its `@trigger.dev/sdk` imports resolve to. */
const linkOf = (module: string): string => (module === "index" ? "sdk.mjs" : `sdk-${module}.mjs`);

/** Name of the file beside the bundle that stands for an SDK import; undefined: the SDK has no such entry. */
export function sdkLink(specifier: string): string | undefined {
  const entry = specifier.slice("@trigger.dev/sdk".length).replace(/^\//, "");
  if (entry === "") return linkOf("index");
  return Object.hasOwn(sdkEntries, entry) ? linkOf(sdkEntries[entry as keyof typeof sdkEntries]) : undefined; // hasOwn has said so
}

/**
 * Points a build's SDK imports to the SDK of this installation. The worker loads the same files, so both share one instance.
 * Written again before each use: the installation may have moved or been upgraded since the build was made.
 */
export function linkSdk(directory: string, sdkEntry: string): void {
  const index = realpathSync(sdkEntry);
  for (const module of new Set(["index", ...Object.values(sdkEntries)])) {
    const target = module === "index" ? index : join(dirname(index), `${module}.js`);
    const path = join(directory, linkOf(module));
    const text = `export * from ${JSON.stringify(pathToFileURL(target).href)};\n`;
    if (readIfThere(path) !== text) writeFileSync(path, text);
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
