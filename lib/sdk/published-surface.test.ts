import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "acorn";
import { API, SignatureKind, SymbolFlags, TypeFlags, type Checker, type Symbol, type Type } from "typescript/unstable/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";

// The published SDK, installed under another name, beside ours: whatever can be imported from it can be imported from ours.
const root = join(import.meta.dirname, "../..");
const published = join(root, "node_modules/upstream-sdk");
const PackageJson = z.object({
  exports: z.record(z.string(), z.union([z.string(), z.object({ import: z.object({ types: z.string(), default: z.string() }) })])),
});
const theirEntries = PackageJson.parse(JSON.parse(readFileSync(join(published, "package.json"), "utf8"))).exports;
const OurPackageJson = z.object({ exports: z.record(z.string(), z.string()) });
const ourEntries = OurPackageJson.parse(JSON.parse(readFileSync(join(import.meta.dirname, "package.json"), "utf8"))).exports;
const pairs = Object.entries(theirEntries).flatMap(([entry, target]) =>
  typeof target === "string"
    ? []
    : [
        {
          entry,
          code: join(published, target.import.default),
          theirs: join(published, target.import.types),
          ours: join(import.meta.dirname, ourEntries[entry] ?? "missing"),
        },
      ],
);

/** Wiring of the published SDK with its own runtime: no task calls it. */
const internals = new Set([
  "logger.setGlobalTaskLogger",
  "logger.disable",
  "otel.metrics.setGlobalMeterProvider",
  "otel.metrics.getMeterProvider",
  "otel.metrics.disable",
]);

const projectFile = join(root, "test/.surface.tsconfig.json");
let api: API;
let namesOf: (file: string, values: readonly string[]) => { types: string[]; members: string[] };

beforeAll(() => {
  const files = [...new Set(pairs.flatMap(({ ours, theirs }) => [ours, theirs]))];
  writeFileSync(projectFile, JSON.stringify({ extends: "../tsconfig.json", files, include: [] }));
  api = new API({ cwd: root });
  const [project] = api.updateSnapshot({ openProjects: [projectFile] }).getProjects();
  namesOf = (file, values) => {
    const source = project?.program.getSourceFile(file);
    const module = source && project?.checker.getSymbolAtLocation(source);
    if (project === undefined || module === undefined) throw new Error(`${file} cannot be read`);
    return surfaceOf(project.checker, module, values);
  };
}, 60_000);
afterAll(() => {
  api.close();
  rmSync(projectFile, { force: true });
});

/** Names that exist when the program runs: `export type` leaves none. */
function valuesOf(file: string): string[] {
  const program = parse(readFileSync(file, "utf8"), { ecmaVersion: "latest", sourceType: "module" });
  const nameOf = (node: { type: string; name?: unknown; value?: unknown }) => String(node.type === "Identifier" ? node.name : node.value);
  return program.body.flatMap((node) => {
    if (node.type === "ExportAllDeclaration")
      return node.exported ? [nameOf(node.exported)] : valuesOf(join(dirname(file), String(node.source.value)));
    if (node.type !== "ExportNamedDeclaration") return [];
    const { declaration } = node;
    if (declaration?.type === "VariableDeclaration") return declaration.declarations.map(({ id }) => nameOf(id));
    return declaration ? [nameOf(declaration.id)] : node.specifiers.map(({ exported }) => nameOf(exported));
  });
}

function surfaceOf(checker: Checker, module: Symbol, values: readonly string[]) {
  const found = { types: new Array<string>(), members: new Array<string>() };
  for (const exported of checker.getExportsOfModule(module)) {
    found.types.push(exported.name);
    const symbol = (exported.flags & SymbolFlags.Alias) === 0 ? exported : checker.getAliasedSymbol(exported);
    const type = values.includes(exported.name) ? checker.getTypeOfSymbol(symbol) : undefined;
    if (type !== undefined) found.members.push(...membersOf(checker, type, exported.name));
  }
  return found;
}

/** `queues.list`, `runs.bulk.cancel`: what namespaces hold, at every depth. Functions and classes have no members that count. */
function membersOf(checker: Checker, type: Type, path: string): string[] {
  const isNamespace =
    (type.flags & TypeFlags.Object) !== 0 &&
    checker.getSignaturesOfType(type, SignatureKind.Call).length === 0 &&
    checker.getSignaturesOfType(type, SignatureKind.Construct).length === 0;
  if (!isNamespace || path.split(".").length > 3) return [];
  return checker.getPropertiesOfType(type).flatMap((property) => {
    const inner = checker.getTypeOfSymbol(property);
    const name = `${path}.${property.name}`;
    return [name, ...(inner === undefined ? [] : membersOf(checker, inner, name))];
  });
}

test("every entry of the published package is one of ours", () => {
  expect(Object.keys(theirEntries).filter((entry) => ourEntries[entry] === undefined)).toEqual([]);
});

test.each(pairs)("$entry has every type, value and member", async ({ code, theirs, ours }) => {
  const values = valuesOf(code);
  const [theirNames, ourNames] = [namesOf(theirs, values), namesOf(ours, values)];
  const loaded: unknown = await import(ours);
  expect(values.length).toBeGreaterThan(0);
  expect({
    types: theirNames.types.filter((name) => !ourNames.types.includes(name)),
    values: values.filter((name) => typeof loaded !== "object" || loaded === null || !(name in loaded)),
    members: theirNames.members.filter((name) => !ourNames.members.includes(name) && !internals.has(name) && !name.includes("#")),
  }).toEqual({ types: [], values: [], members: [] });
});
