import { parse, type Expression, type ObjectExpression, type Program } from "acorn";
import { transform, type Loader } from "esbuild";

/**
 * A config file without its `build` key, and without the imports that only that key used: build extensions must not be loaded by
 * running tasks. A config whose object cannot be seen in the file (built by a function, spread) is left as it is.
 */
export async function stripBuildKey(source: string, loader: Loader): Promise<string> {
  const { code } = await transform(source, { loader, target: "esnext" });
  const config = configObject(parse(code, { ecmaVersion: "latest", sourceType: "module" }));
  const property = config?.properties.find((p) => p.type === "Property" && !p.computed && nameOf(p.key) === "build");
  if (property === undefined) return code;

  const comma = /^\s*,/.exec(code.slice(property.end))?.[0].length ?? 0;
  const stripped = code.slice(0, property.start) + code.slice(property.end + comma);
  // As TypeScript, imports that nothing uses any more are dropped, whether or not their packages claim to have no side effects.
  const result = await transform(stripped, { loader: "ts", target: "esnext", tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } } });
  return result.code;
}

function configObject(program: Program): ObjectExpression | null {
  for (const node of program.body) {
    if (node.type === "ExportDefaultDeclaration") {
      const { declaration } = node;
      if (declaration.type !== "FunctionDeclaration" && declaration.type !== "ClassDeclaration") return objectIn(declaration, program);
    }
    if (node.type !== "ExportNamedDeclaration") continue;
    const specifier = node.specifiers.find((s) => nameOf(s.exported) === "default");
    if (specifier?.local.type === "Identifier") return objectIn(specifier.local, program);
  }
  return null;
}

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

function nameOf(key: { type: string; name?: unknown; value?: unknown }): string | null {
  if (key.type === "Identifier") return String(key.name);
  return key.type === "Literal" ? String(key.value) : null;
}
