import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { hashOf, readStamp, writeStamp } from "./stamp.mjs";

const root = join(import.meta.dirname, "..");
const at = (...parts) => join(root, ...parts);
const require = createRequire(import.meta.url);

/** Each part is made again only when the contents it is made from have changed. `sources` are paths below the root. */
const parts = {
  client: {
    title: "database client",
    sources: ["prisma/schema.prisma", "prisma.config.ts", "node_modules/prisma/package.json"],
    stamp: at("server/db/generated/.stamp"),
    make: generateClient,
  },
  server: {
    title: "server",
    sources: ["server", "lib", "prisma/schema.prisma", "scripts/build.mjs", "package.json", "tsconfig.json", "node_modules/esbuild/package.json"],
    stamp: at("dist/.stamp"),
    make: compileServer,
  },
  dashboard: {
    title: "dashboard",
    sources: ["app", "components", "lib", "public", "proxy.ts", "next.config.ts", "postcss.config.mjs", "tailwind.config.ts", "tsconfig.json", "package-lock.json"],
    stamp: at(".next/.stamp"),
    make: buildDashboard,
  },
};

/** Installed from the packed tarball there are no sources: everything came built. */
export const isCheckout = existsSync(at("server", "main.ts"));

/** Names of the parts that are missing or older than their sources. In development Next compiles the dashboard by itself. */
export function staleParts(mode) {
  if (!isCheckout) return [];
  const wanted = mode === "dev" ? ["client", "server"] : ["client", "server", "dashboard"];
  return wanted.filter((name) => readStamp(parts[name].stamp) !== hashOf(root, parts[name].sources));
}

/** One build at a time: a second one waits, and then finds that nothing is left to do. */
async function build(mode) {
  const lock = at(".build-lock");
  while (!(await takeLock(lock))) await new Promise((done) => setTimeout(done, 200));
  try {
    await buildStale(mode);
  } finally {
    rmSync(lock, { force: true });
  }
}

async function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  const holder = Number(readStamp(lock) ?? 0);
  try {
    // An empty file is one that is being written.
    if (holder > 0) process.kill(holder, 0);
  } catch {
    rmSync(lock, { force: true });
  }
  return false;
}

async function buildStale(mode) {
  for (const name of staleParts(mode)) {
    const part = parts[name];
    const begun = Date.now();
    say(`  building the ${part.title} … `, { message: `building the ${part.title}` });
    const hash = hashOf(root, part.sources);
    rmSync(part.stamp, { force: true });
    await part.make();
    writeStamp(part.stamp, hash);
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    say(`${seconds} s\n`, { message: `built the ${part.title} in ${seconds} s` });
  }
}

/** In words, or for a server whose output is a pipe as JSON lines like all its others. */
function say(words, line) {
  process.stdout.write(isPiped ? `${JSON.stringify({ time: new Date().toISOString(), level: "info", ...line })}\n` : words);
}
const isPiped = process.argv[3] === "json";

/** Prisma's command line wants its schema engine, which it downloads; generating needs none, only that the file exists. */
function generateClient() {
  return run(packageBin("prisma", "prisma"), ["generate"], { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: "1", CHECKPOINT_DISABLE: "1" });
}

function buildDashboard() {
  return run(packageBin("next", "next"), ["build"], { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" });
}

function packageBin(name, bin) {
  const file = require.resolve(`${name}/package.json`);
  const { bin: bins } = JSON.parse(readFileSync(file, "utf8"));
  return join(dirname(file), typeof bins === "string" ? bins : bins[bin]);
}

async function run(script, args, env) {
  let output = "";
  const child = spawn(process.execPath, [script, ...args], { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const code = await new Promise((done, fail) => child.on("error", fail).on("close", done));
  if (code !== 0) throw new Error(`${relative(root, script)} ${args.join(" ")} failed:\n${output}`);
}

async function compileServer() {
  const esbuild = await import("esbuild");
  // Made aside and swapped in whole: a server that runs meanwhile finds the old files or the new ones.
  const staging = `dist.new-${process.pid}`;
  const common = {
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    splitting: true,
    logLevel: "silent",
    legalComments: "none",
    banner: { js: 'import { createRequire as __signalboxRequire } from "node:module"; const require = __signalboxRequire(import.meta.url);' },
  };
  await Promise.all([
    // Task code, the worker and the server must share one instance of the SDK: it is compiled once, a file per module,
    // and everything else imports those files. What it depends on goes in: a worker then starts with few files to read.
    esbuild.build({ ...common, entryPoints: modulesOf("sdk"), outdir: `${staging}/sdk`, plugins: [aliases] }),
    // What projects import besides: extensions in their config, Python in their tasks.
    esbuild.build({ ...common, entryPoints: modulesOf("build"), outdir: `${staging}/build`, external: ["esbuild"], plugins: [aliases] }),
    esbuild.build({ ...common, entryPoints: modulesOf("python"), outdir: `${staging}/python`, external: ["esbuild"], plugins: [sdkImports, aliases] }),
    // For applications; what an application has itself, such as React, stays outside.
    esbuild.build({ ...common, entryPoints: { index: "lib/react-hooks/index.ts" }, outdir: `${staging}/react-hooks`, platform: "browser", target: "es2022", splitting: false, packages: "external", banner: {}, plugins: [aliases] }),
    esbuild.build({ ...common, entryPoints: { main: "server/build/builder.ts" }, outdir: `${staging}/builder`, external: ["esbuild"], plugins: [aliases] }),
    esbuild.build({ ...common, entryPoints: { main: "server/worker/main.ts" }, outdir: `${staging}/worker`, plugins: [sdkImports, aliases] }),
    // Whole, so that a command is there at once: what it needs is few files.
    esbuild.build({ ...common, entryPoints: { main: "server/cli/main.ts" }, outdir: `${staging}/cli`, external: ["esbuild"], plugins: [sdkImports, aliases] }),
    esbuild.build({ ...common, entryPoints: { main: "server/main.ts" }, outdir: `${staging}/server`, packages: "external", plugins: [sdkImports, aliases] }),
  ]);
  await Promise.all([writeTypes(staging), writeHookTypes(staging)]);
  rmSync(at("dist"), { recursive: true, force: true });
  renameSync(at(staging), at("dist"));
}

/** Types of what configs and tasks import besides the SDK, for projects that have the published packages not installed. */
async function writeTypes(staging) {
  const names = ["build", "python"];
  const files = names.flatMap((name) => Object.values(modulesOf(name)));
  const options = "--declaration --emitDeclarationOnly --noCheck --noResolve --skipLibCheck --ignoreConfig --module esnext --moduleResolution bundler --target es2023 --rootDir lib".split(" ");
  await run(packageBin("typescript", "tsc"), [...options, "--outDir", `${staging}/types`, ...files], {});
  const declared = names.flatMap((name) => {
    const { exports } = JSON.parse(readFileSync(at("lib", name, "package.json"), "utf8"));
    const entries = Object.entries(exports).filter(([, file]) => file.endsWith(".ts"));
    return entries.map(([entry, file]) => `declare module "@trigger.dev/${name}${entry.slice(1)}" {\n  export * from "signalbox/dist/types/${name}/${file.slice(2, -3)}";\n}`);
  });
  writeFileSync(at(staging, "types", "index.d.ts"), `${declared.join("\n")}\n`);
}

/** Types of the hooks, and of all that they name. */
async function writeHookTypes(staging) {
  const config = at(staging, "hooks.tsconfig.json");
  const compilerOptions = { noEmit: false, incremental: false, declaration: true, emitDeclarationOnly: true, noCheck: true, allowJs: false, plugins: [], rootDir: at("lib"), outDir: at(staging, "types"), paths: { "@/*": [at("*")] }, types: [] };
  writeFileSync(config, JSON.stringify({ extends: at("tsconfig.json"), compilerOptions, include: [at("lib/react-hooks/index.ts")], exclude: [] }));
  await run(packageBin("typescript", "tsc"), ["-p", config], {});
  rmSync(config);
  // `@/lib/…` means nothing elsewhere.
  const types = at(staging, "types");
  for (const file of readdirSync(types, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".d.ts"))) {
    const text = readFileSync(join(types, file), "utf8");
    const up = "../".repeat(file.replaceAll("\\", "/").split("/").length - 1);
    const relative = text.replaceAll(/(["'])@\/lib\//g, `$1${up === "" ? "./" : up}`);
    if (relative !== text) writeFileSync(join(types, file), relative);
  }
}

/** The modules of a package below lib, by their names without the ending. */
const modulesOf = (name) =>
  Object.fromEntries(
    readdirSync(at("lib", name), { recursive: true })
      .map((file) => file.replaceAll("\\", "/"))
      .filter((file) => /(?<!\.test|\.d)\.tsx?$/.test(file) && !file.startsWith("node_modules"))
      .map((file) => [file.replace(/\.tsx?$/, ""), `lib/${name}/${file}`]),
  );

/** `@/…` is the root; esbuild would take it for a package. */
const aliases = {
  name: "aliases",
  setup(build) {
    build.onResolve({ filter: /^@\// }, ({ path, ...rest }) => build.resolve(`./${path.slice(2)}`, { resolveDir: root, kind: rest.kind, importer: rest.importer }));
  },
};

/** Any way to write an SDK module becomes `#sdk/<module>`, which package.json maps to the compiled file. */
const sdkImports = {
  name: "sdk-imports",
  setup(build) {
    const sdk = at("lib", "sdk");
    build.onResolve({ filter: /^@trigger\.dev\/sdk(?:\/|$)/ }, ({ path }) => {
      const name = path.split("/")[2] ?? "index";
      return { path: `#sdk/${name === "v3" ? "index" : name}`, external: true };
    });
    build.onResolve({ filter: /^(?:\.|@\/)/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === sdk) return undefined;
      const found = await build.resolve(path.startsWith("@/") ? `./${path.slice(2)}` : path, { kind, resolveDir: path.startsWith("@/") ? root : resolveDir, pluginData: sdk });
      if (found.errors.length > 0) return found;
      const module = relative(sdk, found.path).replaceAll("\\", "/");
      return module.startsWith("..") ? found : { path: `#sdk/${module.replace(/\.tsx?$/, "")}`, external: true };
    });
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build(process.argv[2] === "dev" ? "dev" : "start");
  } catch (error) {
    process.stderr.write(`\n${error.errors === undefined ? error.message : (await import("esbuild")).formatMessagesSync(error.errors, { kind: "error" }).join("")}\n`);
    process.exit(1);
  }
}
