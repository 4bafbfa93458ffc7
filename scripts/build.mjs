import { spawn } from "node:child_process";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { hashOf, readStamp, writeStamp } from "./stamp.mjs";
import { finishTypes } from "./write-types.mjs";

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
    sources: [
      "server",
      "lib",
      "prisma/schema.prisma",
      "scripts/build.mjs",
      "scripts/write-types.mjs",
      "package.json",
      "tsconfig.json",
      "tsconfig.types.json",
      "node_modules/esbuild/package.json",
    ],
    stamp: at("dist/.stamp"),
    make: compileServer,
  },
  dashboard: {
    title: "dashboard",
    sources: [
      "app",
      "components",
      "lib",
      "public",
      "proxy.ts",
      "next.config.ts",
      "postcss.config.mjs",
      "tailwind.config.ts",
      "tsconfig.json",
      "package-lock.json",
    ],
    stamp: at(".next/.stamp"),
    make: buildDashboard,
  },
};

/** Names of the parts that are missing or older than their sources. In development Next compiles the dashboard by itself. */
export function staleParts(mode) {
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
  return run(packageBin("prisma", "prisma"), ["generate"], {
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
    CHECKPOINT_DISABLE: "1",
  });
}

async function buildDashboard() {
  await run(packageBin("next", "next"), ["build"], { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" });
  // The modules that serving needs, where the compiled pages find them; the rest of the copy is there already.
  rmSync(at(".next", "node_modules"), { recursive: true, force: true });
  renameSync(at(".next", "standalone", "node_modules"), at(".next", "node_modules"));
  rmSync(at(".next", "standalone"), { recursive: true, force: true });
}

function packageBin(name, bin) {
  const file = require.resolve(`${name}/package.json`);
  const { bin: bins } = JSON.parse(readFileSync(file, "utf8"));
  return join(dirname(file), typeof bins === "string" ? bins : bins[bin]);
}

async function run(script, args, env) {
  let output = "";
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
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
    banner: {
      js: 'import { createRequire as __signalboxRequire } from "node:module"; const require = __signalboxRequire(import.meta.url);',
    },
  };
  await Promise.all([
    // Task code, the worker and the server must share one instance of the SDK: it is compiled once, a file per module,
    // and everything else imports those files. What it depends on goes in: a worker then starts with few files to read.
    esbuild.build({ ...common, entryPoints: modulesOf("sdk"), outdir: `${staging}/sdk`, plugins: [aliases] }),
    // What projects import besides: extensions in their config, Python in their tasks.
    esbuild.build({ ...common, entryPoints: modulesOf("build"), outdir: `${staging}/build`, external: ["esbuild"], plugins: [aliases] }),
    esbuild.build({
      ...common,
      entryPoints: modulesOf("python"),
      outdir: `${staging}/python`,
      external: ["esbuild"],
      plugins: [sdkImports, aliases],
    }),
    // For browsers, where React is the application's own.
    esbuild.build({
      ...common,
      entryPoints: { index: "lib/react-hooks/index.ts" },
      outdir: `${staging}/react-hooks`,
      platform: "browser",
      splitting: false,
      external: ["react", "zod"],
      banner: { js: '"use client";' },
      plugins: [aliases],
    }),
    esbuild.build({
      ...common,
      entryPoints: { main: "server/build/builder.ts" },
      outdir: `${staging}/builder`,
      external: ["esbuild"],
      plugins: [aliases],
    }),
    esbuild.build({
      ...common,
      entryPoints: { main: "server/worker/main.ts" },
      outdir: `${staging}/worker`,
      plugins: [sdkImports, aliases],
    }),
    // Whole, so that a command is there at once: what it needs is few files.
    esbuild.build({
      ...common,
      entryPoints: { main: "server/cli/main.ts" },
      outdir: `${staging}/cli`,
      external: ["esbuild"],
      plugins: [sdkImports, aliases],
    }),
    esbuild.build({
      ...common,
      entryPoints: { main: "server/main.ts" },
      outdir: `${staging}/server`,
      external: installed(),
      plugins: [sdkImports, aliases],
    }),
  ]);
  await writeTypes(staging);
  rmSync(at("dist"), { recursive: true, force: true });
  renameSync(at(staging), at("dist"));
}

/** Types of the entry points, for projects and applications that import them from this package. */
async function writeTypes(staging) {
  await run(packageBin("typescript", "tsc"), ["-p", "tsconfig.types.json", "--outDir", `${staging}/types`], {});
  finishTypes(root, at(staging));
}

/** What is installed with this package stays outside of its server; everything else goes in. */
const installed = () => Object.keys(JSON.parse(readFileSync(at("package.json"), "utf8")).dependencies);

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
    build.onResolve({ filter: /^@\// }, ({ path, ...rest }) =>
      build.resolve(`./${path.slice(2)}`, { resolveDir: root, kind: rest.kind, importer: rest.importer }),
    );
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
      const found = await build.resolve(path.startsWith("@/") ? `./${path.slice(2)}` : path, {
        kind,
        resolveDir: path.startsWith("@/") ? root : resolveDir,
        pluginData: sdk,
      });
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
    process.stderr.write(
      `\n${error.errors === undefined ? error.message : (await import("esbuild")).formatMessagesSync(error.errors, { kind: "error" }).join("")}\n`,
    );
    process.exit(1);
  }
}
