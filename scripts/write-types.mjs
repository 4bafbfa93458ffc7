import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The packages below lib that are entry points of this one: `@trigger.dev/<name>` in the repository, `signalbox/<name>` installed. */
export const packages = ["sdk", "build", "python", "react-hooks"];

/** Entries of a package below lib, `{ "extensions/core": "extensions/core" }`: what comes after its name, and the module. */
export function entriesOf(root, name) {
  const { exports } = JSON.parse(readFileSync(join(root, "lib", name, "package.json"), "utf8"));
  const modules = Object.entries(exports).filter(([, file]) => /\.tsx?$/.test(file));
  return Object.fromEntries(modules.map(([entry, file]) => [entry.slice(2), file.slice(2).replace(/\.tsx?$/, "")]));
}

/**
 * Makes declarations that the compiler wrote below `types` fit for any resolution: relative, with endings. Beside them come those for CommonJS,
 * with a module for each entry that requires the one there is, so that both kinds of code share it; and the names of the published packages.
 */
export function finishTypes(root, dist) {
  const types = join(dist, "types");
  for (const file of declarations(types)) {
    // TypeScript before 5.7 knows one kind of Uint8Array.
    const text = readFileSync(join(types, file), "utf8").replaceAll("Uint8Array<ArrayBuffer>", "Uint8Array");
    writeFileSync(
      join(types, file),
      text.replace(
        /(\bfrom |\bimport\(|\bimport )(["'])([^"']+)\2/g,
        (_all, before, quote, specifier) => `${before}${quote}${specifierFrom(types, file, specifier)}${quote}`,
      ),
    );
  }
  const commonJs = join(dist, "cjs");
  cpSync(types, commonJs, { recursive: true });
  writeFileSync(join(commonJs, "package.json"), '{ "type": "commonjs" }\n');
  const declared = [];
  for (const name of packages) {
    for (const [entry, module] of Object.entries(entriesOf(root, name))) {
      const file = join(commonJs, name, `${module}.js`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `module.exports = require(${JSON.stringify(relative(dirname(file), join(dist, name, `${module}.js`)))});\n`);
      // The SDK and the hooks have types of their own wherever their published packages are installed.
      const specifier = [name, entry].filter((part) => part !== "").join("/");
      if (name === "build" || name === "python")
        declared.push(`declare module "@trigger.dev/${specifier}" {\n  export * from "signalbox/${specifier}";\n}`);
    }
  }
  for (const directory of [types, commonJs]) writeFileSync(join(directory, "index.d.ts"), `${declared.join("\n")}\n`);
}

const declarations = (directory) => readdirSync(directory, { recursive: true }).filter((file) => file.endsWith(".d.ts"));

function specifierFrom(types, file, specifier) {
  const target = targetOf(types, file, specifier);
  if (target === undefined) return specifier;
  const found = [`${target}.d.ts`, join(target, "index.d.ts")].find((candidate) => existsSync(candidate));
  if (found === undefined) throw new Error(`${file} imports ${specifier}, of which there are no types.`);
  const path = relative(dirname(join(types, file)), found)
    .replaceAll("\\", "/")
    .replace(/\.d\.ts$/, ".js");
  return path.startsWith(".") ? path : `./${path}`;
}

/** The module below `types` that an import means, without its ending; undefined for a package. */
function targetOf(types, file, specifier) {
  if (specifier.startsWith("@/lib/")) return join(types, specifier.slice("@/lib/".length));
  if (specifier.startsWith(".")) return join(dirname(join(types, file)), specifier);
  if (specifier === "@trigger.dev/sdk") return join(types, "sdk");
  return undefined;
}
