import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { addAdditionalFilesToBuild } from "../build/copy-files";
import type { BuildContext, BuildExtension } from "../build/extension";
import { aptInstall, aptRun, findProgram, isExecutable, outputOf } from "../build/machine";

export interface PythonOptions {
  /** Packages, as in a requirements file. Either these or `requirementsFile`. */
  requirements?: string[] | undefined;
  requirementsFile?: string | undefined;
  pyprojectFile?: string | undefined;
  useUv?: boolean | undefined;
  /** Python of development. */
  devPythonBinaryPath?: string | undefined;
  /** Globs of the scripts, which are copied into the build's folder. */
  scripts?: string[] | undefined;
}

/**
 * Gives tasks `PYTHON_BIN_PATH`: the project's own value, else the Python of its `.venv` or `venv`, else this machine's. The build says
 * when there is none, and which of the requirements it lacks.
 */
export function pythonExtension(options: PythonOptions = {}): BuildExtension {
  if (options.requirements !== undefined && options.requirementsFile !== undefined)
    throw new Error("pythonExtension takes requirements or requirementsFile, not both");
  return {
    name: "python",
    async onBuildComplete(context, manifest) {
      const files = [...(options.scripts ?? []), ...[options.requirementsFile, options.pyprojectFile].filter((file) => file !== undefined)];
      await addAdditionalFilesToBuild("pythonExtension", { files }, context, manifest);
      const python = await findPython(options, context);
      const missing =
        python === undefined
          ? [`Python cannot be found on this machine. Install it: ${aptInstall(["python3", "python3-venv"])}`]
          : await lacking(python, options, context);
      context.addLayer({
        id: "python",
        container: { instructions: inImage(options, context.workingDir), env: { PYTHON_BIN_PATH: "/opt/python/bin/python" } },
        host: { env: { PYTHON_BIN_PATH: python }, missing },
      });
    },
  };
}

async function findPython({ devPythonBinaryPath }: PythonOptions, { target, workingDir }: BuildContext): Promise<string | undefined> {
  const own = process.env["PYTHON_BIN_PATH"] ?? (target === "dev" ? devPythonBinaryPath : undefined);
  if (own !== undefined) {
    const path = own.includes("/") ? resolve(workingDir, own) : await findProgram(own);
    if (path === undefined || !(await isExecutable(path)))
      throw new Error(
        `${own} is no program that can be run. Name a Python in ${process.env["PYTHON_BIN_PATH"] === undefined ? "devPythonBinaryPath" : "PYTHON_BIN_PATH"}`,
      );
    return path;
  }
  for (const path of [".venv/bin/python", "venv/bin/python"].map((name) => join(workingDir, name)))
    if (await isExecutable(path)) return path;
  return findProgram("python3", "python");
}

/** A requirement, as far as names and `==` go; what else it asks for pip judges. */
const requirement = /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:==\s*([\w.]+))?/;
/** Prints what is installed, `name==version` a line, in names as they are compared. */
const listing = `import re
from importlib.metadata import distributions
for d in distributions():
    n = d.metadata["Name"]
    if n: print(re.sub(r"[-_.]+", "-", n).lower() + "==" + d.version)`;

function inImage(options: PythonOptions, workingDir: string): string[] {
  const lines = requirementsOf(options, workingDir)
    .map((line) => line.replace(/(?:^|\s)#.*/, "").trim())
    .filter((line) => line !== "");
  const install =
    lines.length === 0
      ? ""
      : ` && /opt/python/bin/pip install --no-cache-dir ${lines.map((line) => `'${line.replaceAll("'", `'\\''`)}'`).join(" ")}`;
  return [`${aptRun(["python3", "python3-venv"])} && python3 -m venv /opt/python${install}`];
}

const requirementsOf = (options: PythonOptions, workingDir: string): string[] =>
  options.requirements ??
  (options.requirementsFile === undefined ? [] : readFileSync(resolve(workingDir, options.requirementsFile), "utf8").split("\n"));

async function lacking(python: string, options: PythonOptions, { workingDir }: BuildContext): Promise<string[]> {
  const wanted = requirementsOf(options, workingDir)
    .map((line) => requirement.exec(line.replace(/#.*/, "").trim()))
    .filter((found) => found !== null);
  if (wanted.length === 0) return [];
  const installed = new Map(
    ((await outputOf(python, ["-c", listing])) ?? "")
      .trim()
      .split("\n")
      .map((line) => [line.split("==", 1)[0] ?? "", line.split("==")[1] ?? ""]),
  );
  const absent = wanted.filter(([, name = "", version]) => {
    const found = installed.get(name.replace(/[-_.]+/g, "-").toLowerCase());
    return found === undefined || (version !== undefined && found !== version);
  });
  if (absent.length === 0) return [];
  const names = absent.map(([text]) => text.trim());
  const what = options.requirementsFile === undefined ? names.map((name) => `'${name}'`).join(" ") : `-r ${options.requirementsFile}`;
  const pip = options.useUv === true ? "uv pip install --python .venv/bin/python" : ".venv/bin/pip install";
  const install = python.startsWith(workingDir)
    ? `${options.useUv === true ? `uv pip install --python ${python}` : `${python} -m pip install`} ${what}`
    : `python3 -m venv .venv && ${pip} ${what}`;
  return [`Python lacks ${names.join(", ")}. Install in the project: ${install}`];
}
