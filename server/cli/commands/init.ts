import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Failure, usage } from "../failure";
import { print, printJson } from "../output";

export interface InitOptions {
  project?: string;
  javascript?: boolean;
  json?: boolean;
}

/** Makes what is missing of a project that runs; what is there is never changed, but for lines that package.json and .gitignore lack. */
export function init(folder: string, options: InitOptions, installation: { version: string; root: string }): void {
  const directory = resolve(folder);
  const config = ["ts", "mts", "cts", "js", "mjs", "cjs"]
    .map((ending) => `trigger.config.${ending}`)
    .find((name) => existsSync(join(directory, name)));
  if (config !== undefined) throw usage(`${join(directory, config)} is there already: this is a project. Run it with: npx signalbox dev`);
  const ref =
    options.project ??
    `proj_${
      basename(directory)
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "_")
        .replaceAll(/^_+|_+$/g, "") || "tasks"
    }`;
  if (!/^[\w-]{1,100}$/.test(ref)) throw usage(`--project ${JSON.stringify(ref)}: letters, digits, _ and - only, such as proj_shop.`);
  const ending = options.javascript === true ? "mjs" : "ts";
  const files = filesOf(ref, ending);
  const taken = Object.keys(files).filter((name) => existsSync(join(directory, name)));
  if (taken.length > 0)
    throw usage(
      `${taken.map((name) => join(folder, name)).join(", ")} ${taken.length === 1 ? "is" : "are"} there already, and nothing was written. Move ${taken.length === 1 ? "it" : "them"}, or make the project in another folder.`,
    );
  const manifest = packageJson(directory, installation);
  try {
    for (const [name, text] of Object.entries({
      ...files,
      "package.json": manifest,
      ".gitignore": gitIgnore(directory),
      ...tsconfig(directory, ending),
    })) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
  } catch (error) {
    throw new Failure(`The project cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
  const made = Object.keys(files);
  if (options.json === true) return printJson({ directory, project: ref, files: made });
  print(
    `${ref} is made in ${directory}: ${made.join(", ")}.\n\n  npm install\n  npm run dev\n\nThe dashboard's address is printed then; trigger the task hello-world there.`,
  );
}

function filesOf(ref: string, ending: "ts" | "mjs"): Record<string, string> {
  return {
    [`trigger.config.${ending}`]: `import { defineConfig } from "@trigger.dev/sdk";

export default defineConfig({
  project: "${ref}",
  dirs: ["./trigger"],
  maxDuration: 300,
  retries: { default: { maxAttempts: 3, minTimeoutInMs: 1000, maxTimeoutInMs: 10_000, factor: 2, randomize: true } },
});
`,
    [`trigger/example.${ending}`]: `import { logger, task, wait } from "@trigger.dev/sdk";

export const helloWorld = task({
  id: "hello-world",
  run: async (payload${ending === "ts" ? ": { name?: string }" : ""}) => {
    const name = payload?.name ?? "world";
    logger.info("Hello", { name });
    await wait.for({ seconds: 1 });
    return { message: \`Hello, \${name}!\` };
  },
});
`,
  };
}

const scripts = { dev: "signalbox dev", start: "signalbox start", deploy: "signalbox deploy" };

function packageJson(directory: string, { version, root }: { version: string; root: string }): string {
  const file = join(directory, "package.json");
  const found: unknown = existsSync(file) ? parse(file) : { name: basename(directory).toLowerCase(), private: true, type: "module" };
  if (typeof found !== "object" || found === null) throw usage(`${file} is no object.`);
  const manifest = { ...found } as {
    scripts?: Record<string, string>;
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
  }; // what is not of these types npm refuses itself
  // Scripts of these names are somebody's own.
  manifest.scripts = { ...scripts, ...manifest.scripts };
  // A clone is installed by its path: it is on no registry.
  if (manifest.devDependencies?.["signalbox"] === undefined && manifest.dependencies?.["signalbox"] === undefined)
    manifest.dependencies = {
      ...manifest.dependencies,
      signalbox: root.includes("node_modules") ? `^${version}` : `file:${resolve(root)}`,
    };
  // Types for the editor: at run time the SDK is the server's own.
  if (manifest.devDependencies?.["@trigger.dev/sdk"] === undefined && manifest.dependencies?.["@trigger.dev/sdk"] === undefined)
    manifest.devDependencies = { ...manifest.devDependencies, "@trigger.dev/sdk": "^4.4.0" };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw usage(`${file} is not JSON, and nothing was written. Put it right first.`);
  }
}

function gitIgnore(directory: string): string {
  const file = join(directory, ".gitignore");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const lines = text.split(/\r?\n/);
  const missing = ["node_modules", ".signalbox", ".env"].filter((name) => !lines.some((line) => line.replaceAll("/", "") === name));
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${missing.map((name) => `${name}\n`).join("")}`;
}

function tsconfig(directory: string, ending: "ts" | "mjs"): Record<string, string> {
  if (ending !== "ts" || existsSync(join(directory, "tsconfig.json"))) return {};
  const options = {
    target: "es2023",
    module: "esnext",
    moduleResolution: "bundler",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["signalbox"],
  };
  return { "tsconfig.json": `${JSON.stringify({ compilerOptions: options, include: ["trigger.config.ts", "trigger"] }, null, 2)}\n` };
}
