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

/** The same of `@trigger.dev/build` and `@trigger.dev/python`. */
const buildEntries = [
  "internal",
  "extensions",
  "extensions/core",
  "extensions/prisma",
  "extensions/playwright",
  "extensions/puppeteer",
  "extensions/lightpanda",
  "extensions/audioWaveform",
  "extensions/typescript",
];
const own: Record<string, Record<string, string>> = {
  sdk: { "": "index", ...sdkEntries },
  build: { "": "index", ...Object.fromEntries(buildEntries.map((entry) => [entry, entry])) },
  python: { "": "index", extension: "extension" },
};

/** Imports that mean a module of ours, whether or not the published package is installed, or this one by its own name. */
export const ownPackages = /^(?:@trigger\.dev|signalbox)\/(?:sdk|build|python)(?:\/|$)/;

/** Files beside each bundle, by package and module: what imports of ours resolve to. */
function linkOf(name: string, module: string): string {
  const of = module === "index" ? name : `${name}-${module.replaceAll("/", "-")}`;
  return `${of}.mjs`;
}

/** Name of the file beside the bundle that stands for an import of ours; else what there is instead. */
export function ownLink(specifier: string): { link: string } | { entries: string[] } {
  const [scope = "", name = "", ...rest] = specifier.split("/");
  const entries = own[name] ?? {};
  const entry = rest.join("/");
  const module = Object.hasOwn(entries, entry) ? entries[entry] : undefined;
  return module === undefined
    ? { entries: Object.keys(entries).map((known) => [scope, name, known].filter((part) => part !== "").join("/")) }
    : { link: linkOf(name, module) };
}

/**
 * Points a build's imports of ours to the modules of this installation. The worker loads the same files, so both share one instance.
 * Written again before each use: the installation may have moved or been upgraded since the build was made.
 */
export function linkOwnModules(directory: string, sdkEntry: string): void {
  const index = realpathSync(sdkEntry);
  const dist = dirname(dirname(index));
  for (const [name, entries] of Object.entries(own)) {
    for (const module of new Set(Object.values(entries))) {
      const target =
        name === "sdk" ? (module === "index" ? index : join(dirname(index), `${module}.js`)) : join(dist, name, `${module}.js`);
      const path = join(directory, linkOf(name, module));
      const text = `export * from ${JSON.stringify(pathToFileURL(target).href)};\n`;
      if (readIfThere(path) !== text) writeFileSync(path, text);
    }
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
