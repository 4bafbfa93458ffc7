import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { BuildContext, BuildExtension } from "../extension";

export interface PrismaLegacyModeExtensionOptions {
  mode: "legacy";
  /** Path of the schema, a file or a folder. Either this or `configFile`. */
  schema?: string | undefined;
  /** Path of `prisma.config.ts`. */
  configFile?: string | undefined;
  /** Applies the migrations, too. */
  migrate?: boolean | undefined;
  version?: string | undefined;
  /** Makes the functions of `prisma/sql`; Prisma 5.19 or newer. */
  typedSql?: boolean | undefined;
  /** Only this one of the schema's generators. */
  clientGenerator?: string | undefined;
  /** Variable whose value migrations connect with, such as DIRECT_URL. */
  directUrlEnvVarName?: string | undefined;
}
export interface PrismaEngineOnlyModeExtensionOptions {
  mode: "engine-only";
  version?: string | undefined;
  /** Default: that of this machine. */
  binaryTarget?: string | undefined;
  silent?: boolean | undefined;
}
export interface PrismaEngineModernModeExtensionOptions {
  mode: "modern";
}
export type PrismaExtensionOptions =
  PrismaLegacyModeExtensionOptions | PrismaEngineOnlyModeExtensionOptions | PrismaEngineModernModeExtensionOptions;

/**
 * `legacy` generates the client with the project's Prisma before the tasks are bundled, and applies migrations when asked to;
 * `engine-only` names the engines that the project has installed; `modern` leaves `@prisma/client` outside of the bundle.
 */
export function prismaExtension(options: PrismaExtensionOptions): BuildExtension {
  if (options.mode === "modern") return { name: "prisma", externalsForTarget: () => ["@prisma/client"] };
  if (options.mode === "engine-only") return engineOnly(options);
  if (options.mode === "legacy") return legacy(options);
  throw new Error(
    'prismaExtension needs a mode: "legacy" generates the client, "engine-only" names the engines, "modern" is for the client of Prisma 6.16 and newer without engines',
  );
}

function legacy(options: PrismaLegacyModeExtensionOptions): BuildExtension {
  if ((options.schema === undefined) === (options.configFile === undefined))
    throw new Error("prismaExtension in legacy mode needs either schema or configFile, and not both");
  return {
    name: "prisma",
    externalsForTarget: (target) => (target === "dev" ? [] : ["@prisma/client", "@prisma/engines"]),
    async onBuildStart(context) {
      if (context.target === "dev") return;
      const named = options.schema ?? options.configFile ?? "";
      const path = resolve(context.workingDir, named);
      if (!existsSync(path)) throw new Error(`${named} does not exist, looked for at ${path}`);
      const where = options.schema === undefined ? ["--config", path] : ["--schema", path];
      const generator = options.clientGenerator === undefined ? [] : ["--generator", options.clientGenerator];
      await runPrisma(context, ["generate", ...where, ...generator, ...(options.typedSql === true ? ["--sql"] : [])]);
      if (options.migrate !== true) return;
      const { directUrlEnvVarName } = options;
      if (directUrlEnvVarName !== undefined && process.env[directUrlEnvVarName] === undefined)
        throw new Error(`${directUrlEnvVarName} is not set. Put it into .env`);
      await runPrisma(context, ["migrate", "deploy", ...where]);
    },
  };
}

/** The project's own Prisma. Throws with what it said. */
async function runPrisma(context: BuildContext, args: string[]): Promise<void> {
  const require = createRequire(join(context.workingDir, "package.json"));
  let script: string;
  try {
    script = join(dirname(require.resolve("prisma/package.json")), "build", "index.js");
  } catch {
    throw new Error("Prisma is not installed in the project. Install it: npm install -D prisma");
  }
  const command = `prisma ${args.join(" ")}`;
  context.logger.progress(command);
  await new Promise<void>((done, fail) => {
    const options = {
      cwd: context.workingDir,
      env: { ...process.env, PRISMA_HIDE_UPDATE_MESSAGE: "1", CHECKPOINT_DISABLE: "1", NO_COLOR: "1" },
      timeout: 300_000,
      maxBuffer: 10_000_000,
    };
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) => {
      if (error === null) return done();
      const said = `${stdout}\n${stderr}`
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "");
      fail(new Error(`${command} failed: ${said.slice(-6).join(" · ") || error.message}`));
    });
  });
}

function engineOnly(options: PrismaEngineOnlyModeExtensionOptions): BuildExtension {
  return {
    name: "prisma",
    installedPackagesForTarget: (target) => (target === "deploy" ? ["@prisma/engines"] : []),
    async onBuildComplete(context) {
      if (context.target === "dev") return;
      const version = options.version ?? (await installedVersion(context.workingDir));
      const install = `npm install @prisma/engines${version === undefined ? "" : `@${version}`} && npx prisma generate`;
      const folder = await enginesFolder(context.workingDir);
      const library = await engineIn(folder, "libquery_engine-", options.binaryTarget);
      const schema = await engineIn(folder, "schema-engine-", options.binaryTarget);
      const missing =
        library === undefined
          ? [`The engines of Prisma${version === undefined ? "" : ` ${version}`} cannot be found in the project. Install them: ${install}`]
          : [];
      if (options.silent !== true)
        context.logger.progress("engine-only: generate the client yourself (npx prisma generate) before the start");
      context.addLayer({
        id: "prisma-engines",
        host: { missing },
        deploy: { env: { PRISMA_QUERY_ENGINE_LIBRARY: library, PRISMA_QUERY_ENGINE_SCHEMA_ENGINE: schema } },
      });
    },
  };
}

async function installedVersion(workingDir: string): Promise<string | undefined> {
  for (const name of ["@prisma/client", "prisma"]) {
    const text = await readFile(join(workingDir, "node_modules", name, "package.json"), "utf8").catch(() => undefined);
    const json: unknown = text === undefined ? undefined : JSON.parse(text);
    if (typeof json === "object" && json !== null && "version" in json && typeof json.version === "string") return json.version;
  }
  return undefined;
}

async function enginesFolder(workingDir: string): Promise<string | undefined> {
  try {
    return dirname(createRequire(join(workingDir, "package.json")).resolve("@prisma/engines/package.json"));
  } catch {
    const folder = join(workingDir, "node_modules", "@prisma", "engines");
    return (await stat(folder).catch(() => null))?.isDirectory() === true ? folder : undefined;
  }
}

async function engineIn(folder: string | undefined, start: string, target: string | undefined): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  const name = (await readdir(folder)).find(
    (file) => file.startsWith(target === undefined ? start : `${start}${target}`) && !/\.(?:sha256|gz|tmp)/.test(file),
  );
  return name === undefined ? undefined : join(folder, name);
}
