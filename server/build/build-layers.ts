import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { aptInstall, missingDebianPackages } from "@/lib/build/machine";
import type { BuildLayer, Variables } from "@/lib/build/extension";
import { BuildFailure } from "./build-error";
import type { BuildRecord, TaskVariables } from "./builder-protocol";
import type { ProjectConfig } from "./project-config";
import { isReservedVariable } from "./project-env";

interface Added {
  extension: string;
  layer: BuildLayer;
}

/** The files that layers bring, below the build's folder. */
export async function writeLayerFiles(layers: readonly Added[], outputDir: string): Promise<void> {
  for (const { extension, layer } of layers) {
    for (const [name, contents] of Object.entries(layer.files ?? {})) {
      const path = resolve(outputDir, name);
      if (!path.startsWith(`${outputDir}/`))
        throw new BuildFailure({
          message: `The build extension "${extension}" adds a file ${name}, which leads out of the build's folder`,
        });
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, contents);
    }
  }
}

/** What tasks get besides the project's own variables: `defaults` lose against those, `overrides` win. */
export function variablesOf(layers: readonly Added[], config: ProjectConfig, target: "dev" | "deploy"): TaskVariables {
  const defaults: Record<string, string> = {};
  const overrides: Record<string, string> = {};
  if (target === "deploy") put(defaults, config.deployEnv);
  for (const { layer } of layers) {
    put(defaults, layer.host?.env);
    if (target !== "deploy") continue;
    const { env, parentEnv, secretEnv, secretParentEnv, override } = layer.deploy ?? {};
    for (const variables of [parentEnv, secretParentEnv, env, secretEnv]) put(override === true ? overrides : defaults, variables);
  }
  return { defaults, overrides };
}

function put(into: Record<string, string>, variables: Variables | undefined): void {
  for (const [name, value] of Object.entries(variables ?? {})) if (value !== undefined && !isReservedVariable(name)) into[name] = value;
}

/** What layers ask for, without the values of variables. */
export function recordOf(layers: readonly Added[], target: "dev" | "deploy"): BuildRecord {
  return {
    target,
    layers: layers.map(({ extension, layer }) => ({
      extension,
      id: layer.id,
      files: Object.keys(layer.files ?? {}),
      commands: layer.commands ?? [],
      packages: layer.image?.pkgs ?? [],
      instructions: layer.image?.instructions ?? [],
      container: { instructions: layer.container?.instructions ?? [], env: layer.container?.env ?? {} },
      dependencies: layer.dependencies ?? {},
      conditions: layer.conditions ?? [],
      variables: [
        layer.host?.env,
        layer.deploy?.parentEnv,
        layer.deploy?.secretParentEnv,
        layer.deploy?.env,
        layer.deploy?.secretEnv,
      ].flatMap((variables) => Object.entries(variables ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [name]))),
      places: Object.entries(layer.host?.env ?? {}).flatMap(([name, value]) => (value?.startsWith("/") === true ? [name] : [])),
    })),
  };
}

/** Sentences about what this machine lacks of what the layers need. */
export async function lacksOf(layers: readonly Added[]): Promise<string[]> {
  const found: string[] = [];
  for (const { extension, layer } of layers) {
    const said = [...(layer.host?.missing ?? [])];
    const packages = layer.host === undefined ? (layer.image?.pkgs ?? []) : [];
    const missing = packages.length === 0 ? [] : await missingDebianPackages(packages);
    if (missing === undefined)
      said.push(
        `Whether this machine has ${packages.join(", ")} cannot be told, as it is no Debian. Install what they bring with its own package manager`,
      );
    else if (missing.length > 0) said.push(`This machine lacks ${missing.join(", ")}. Install with: ${aptInstall(missing)}`);
    if ((layer.image?.instructions ?? []).length > 0)
      said.push("Its instructions are for an image, and are not run on this machine: do by hand what they do");
    found.push(...said.map((text) => `${extension}: ${text}`));
  }
  return found;
}

/** The certificates that tasks trust, in the build's folder: those of the config and those that the server was started with. */
export async function writeCertificates({
  projectDir,
  outputDir,
  config,
}: {
  projectDir: string;
  outputDir: string;
  config: ProjectConfig;
}): Promise<void> {
  const { extraCACerts, file } = config;
  if (extraCACerts === undefined) return;
  const fail = (why: string) => new BuildFailure({ message: `extraCACerts: ${extraCACerts} ${why}. Name a PEM file of the project`, file });
  const own = await readFile(join(projectDir, extraCACerts), "utf8").catch(() => {
    throw fail("cannot be read");
  });
  if (!own.includes("-----BEGIN CERTIFICATE-----")) throw fail("holds no certificate");
  const inherited = process.env["NODE_EXTRA_CA_CERTS"];
  const others = inherited === undefined ? "" : await readFile(inherited, "utf8").catch(() => "");
  await writeFile(join(outputDir, certificatesFile), `${own}\n${others}`);
}

export const certificatesFile = "ca-certificates.pem";
