import { SourceMap } from "node:module";
import { parse, type Expression, type ObjectExpression, type Program } from "acorn";
import { transform, type Loader } from "esbuild";

/** The program that a config file is, without types. */
export interface ConfigSource {
  code: string;
  program: Program;
  /** Place in the file of a place in `code`, both counted from 1. */
  placeOf(at: { line: number; column: number }): { line: number; column: number };
}

export async function readConfigSource(source: string, loader: Loader): Promise<ConfigSource> {
  const { code, map } = await transform(source, { loader, target: "esnext", sourcemap: "external" });
  const parsed: ConstructorParameters<typeof SourceMap>[0] = JSON.parse(map);
  const sources = new SourceMap(parsed);
  return {
    code,
    program: parse(code, { ecmaVersion: "latest", sourceType: "module", locations: true }),
    placeOf({ line, column }) {
      const entry = sources.findEntry(line - 1, column - 1);
      return "originalLine" in entry ? { line: entry.originalLine + 1, column: entry.originalColumn + 1 } : { line, column };
    },
  };
}

/** The object that a config file exports; null: it cannot be seen in the file, as a function makes it. */
export function configObject(program: Program): ObjectExpression | null {
  for (const node of program.body) {
    if (node.type === "ExportDefaultDeclaration") {
      const { declaration } = node;
      if (declaration.type !== "FunctionDeclaration" && declaration.type !== "ClassDeclaration") return objectIn(declaration, program);
    }
    // `module.exports = …` of a CommonJS file.
    if (node.type === "ExpressionStatement" && node.expression.type === "AssignmentExpression" && isModuleExports(node.expression.left))
      return objectIn(node.expression.right, program);
    if (node.type !== "ExportNamedDeclaration") continue;
    const specifier = node.specifiers.find((s) => nameOf(s.exported) === "default");
    if (specifier?.local.type === "Identifier") return objectIn(specifier.local, program);
  }
  return null;
}

const isModuleExports = (left: { type: string; object?: unknown; property?: unknown }): boolean =>
  left.type === "MemberExpression" && isNamed(left.object, "module") && isNamed(left.property, "exports");
const isNamed = (node: unknown, name: string): boolean => typeof node === "object" && node !== null && "name" in node && node.name === name;

/** The object literal behind `{…}`, `defineConfig({…})` or a constant holding one of them. */
function objectIn(expression: Expression, program: Program): ObjectExpression | null {
  if (expression.type === "ObjectExpression") return expression;
  if (expression.type === "CallExpression") {
    const [argument] = expression.arguments;
    return argument?.type === "ObjectExpression" ? argument : null;
  }
  if (expression.type !== "Identifier") return null;
  for (const node of program.body) {
    const declarations = node.type === "VariableDeclaration" ? node.declarations : [];
    const found = declarations.find((d) => d.id.type === "Identifier" && d.id.name === expression.name);
    // Only a literal or a call: a constant that names another constant is not followed, so this ends.
    if (found?.init?.type === "ObjectExpression" || found?.init?.type === "CallExpression") return objectIn(found.init, program);
  }
  return null;
}

/** Property of an object literal by its name. */
export function propertyOf(object: ObjectExpression | null, name: string) {
  return object?.properties.find((property) => property.type === "Property" && !property.computed && nameOf(property.key) === name);
}

function nameOf(key: { type: string; name?: unknown; value?: unknown }): string | null {
  if (key.type === "Identifier") return String(key.name);
  return key.type === "Literal" ? String(key.value) : null;
}

/** Where a key is written, as far down as the file shows it; undefined: not even its beginning. */
export function placeOfKey({ program, placeOf }: ConfigSource, path: readonly PropertyKey[]): { line: number; column: number } | undefined {
  let object = configObject(program);
  let place: { line: number; column: number } | undefined;
  for (const name of path) {
    const property = propertyOf(object, String(name));
    if (property?.type !== "Property" || property.loc === null || property.loc === undefined) break;
    place = placeOf({ line: property.loc.start.line, column: property.loc.start.column + 1 });
    object = property.value.type === "ObjectExpression" ? property.value : null;
  }
  return place;
}
