import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf, type Client } from "./client";
import { commandLine, type CommandLine } from "./command-line";
import { createProject, startServer, type Project, type ServerProcess } from "./server-process";

// Projects as people have them, each deployed and run. Those that need programs of the machine (Python, Chromium, ffmpeg, Prisma) are in extensions.test.ts.

interface Shape {
  /** Contents by path, and links by what they lead to. */
  files: Record<string, string>;
  links?: Record<string, string>;
  /** Where the tasks' project lies, when not at the root. */
  folder?: string;
  output: unknown;
}

const modules = join(import.meta.dirname, "..", "..", "node_modules");
const config = (keys = "", imports = "") =>
  `import { defineConfig } from "@trigger.dev/sdk";\n${imports}export default defineConfig({ project: "proj_shapes", maxDuration: 60, ${keys} });\n`;
const task = (result: string, imports = "") =>
  `import { task } from "@trigger.dev/sdk";\n${imports}export const t = task({ id: "shape", run: async () => ${result} });\n`;
const json = (value: object) => JSON.stringify(value);
const library = {
  "package.json": json({ name: "@shop/money", version: "1.0.0", type: "module", exports: { ".": "./src/index.ts" } }),
  "src/index.ts": 'import { format } from "plain";\nexport const money = (n: number): string => format(n);\n',
};
const plain = {
  "package.json": json({ name: "plain", version: "2.0.0", main: "index.js" }),
  "index.js": 'exports.format = (n) => n.toFixed(2) + " of " + require("./package.json").version;\n',
};
const at = (folder: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
const usesMoney = task("money(3)", 'import { money } from "@shop/money";\n');

const shapes: Record<string, Shape> = {
  "npm workspaces": {
    files: {
      "package.json": json({ workspaces: ["apps/*", "packages/*"] }),
      ...at("packages/money", library),
      ...at("node_modules/plain", plain),
      "apps/jobs/trigger.config.ts": config(),
      "apps/jobs/trigger/a.ts": usesMoney,
    },
    links: { "node_modules/@shop/money": "packages/money" },
    folder: "apps/jobs",
    output: "3.00 of 2.0.0",
  },
  "pnpm workspaces": {
    files: {
      "pnpm-workspace.yaml": "packages: [apps/*, packages/*]\n",
      ...at("packages/money", library),
      ...at("node_modules/.pnpm/plain@2.0.0/node_modules/plain", plain),
      "apps/jobs/trigger.config.ts": config(),
      "apps/jobs/trigger/a.ts": usesMoney,
    },
    links: {
      "apps/jobs/node_modules/@shop/money": "packages/money",
      "packages/money/node_modules/plain": "node_modules/.pnpm/plain@2.0.0/node_modules/plain",
    },
    folder: "apps/jobs",
    output: "3.00 of 2.0.0",
  },
  "yarn workspaces with two versions of a package": {
    files: {
      "package.json": json({ private: true, workspaces: { packages: ["apps/*", "packages/*"] } }),
      "yarn.lock": "",
      ...at("packages/money", library),
      ...at("node_modules/plain", plain),
      ...at("apps/jobs/node_modules/plain", { ...plain, "package.json": json({ name: "plain", version: "1.0.0", main: "index.js" }) }),
      "apps/jobs/trigger.config.ts": config(),
      "apps/jobs/trigger/a.ts": task("[money(3), format(4)]", 'import { money } from "@shop/money";\nimport { format } from "plain";\n'),
    },
    links: { "node_modules/@shop/money": "packages/money" },
    folder: "apps/jobs",
    output: ["3.00 of 2.0.0", "4.00 of 1.0.0"],
  },
  "a Next.js app beside its tasks": {
    files: {
      "package.json": json({ dependencies: { next: "16" } }),
      "next.config.mjs": "export default {};\n",
      "tsconfig.json": json({ compilerOptions: { jsx: "preserve", paths: { "@/*": ["./*"] }, plugins: [{ name: "next" }] } }),
      "app/page.tsx": "export default function Page() { return <p>page</p>; }\n",
      "lib/mail.tsx":
        "export const Mail = ({ to }: { to: string }) => <p>Dear {to}</p>;\nexport const html = (to: string) => JSON.stringify((<Mail to={to} />).props);\n",
      "trigger.config.ts": config('dirs: ["./trigger"]'),
      "trigger/a.ts": task('html("Ada")', 'import { html } from "@/lib/mail";\n'),
    },
    links: { "node_modules/react": join(modules, "react") },
    output: '{"to":"Ada"}',
  },
  "a native module": {
    files: {
      "trigger.config.ts": config(),
      "trigger/a.ts": task(
        '(await sharp({ create: { width: 7, height: 3, channels: 3, background: "red" } }).png().metadata()).width',
        'import sharp from "sharp";\n',
      ),
    },
    links: Object.fromEntries(["sharp", "@img", "detect-libc", "semver"].map((name) => [`node_modules/${name}`, join(modules, name)])),
    output: 7,
  },
  "decorators as TypeScript once had them": {
    files: {
      "tsconfig.json": json({ compilerOptions: { experimentalDecorators: true } }),
      "trigger.config.ts": config(),
      "trigger/a.ts": task(
        "new Greeter().greet()",
        'function loud(_target: object, _name: string, of: PropertyDescriptor) { const plain = of.value; of.value = () => plain().toUpperCase(); }\nclass Greeter { @loud greet() { return "hello"; } }\n',
      ),
    },
    output: "HELLO",
  },
  "decorators of the standard": {
    files: {
      "trigger.config.ts": config(),
      "trigger/a.ts": task(
        "new Greeter().greet()",
        'function loud(plain: () => string, _context: unknown) { return () => plain().toUpperCase(); }\nclass Greeter { @loud greet() { return "hello"; } }\n',
      ),
    },
    output: "HELLO",
  },
  "CommonJS without TypeScript": {
    files: {
      "package.json": json({ name: "old", version: "1.0.0" }),
      "trigger.config.js":
        'const { defineConfig } = require("@trigger.dev/sdk");\nmodule.exports = defineConfig({ project: "proj_shapes", maxDuration: 60 });\n',
      "trigger/a.js":
        'const { task } = require("@trigger.dev/sdk");\nconst { part } = require("../lib/part.cjs");\nexports.t = task({ id: "shape", run: async () => [part, typeof __dirname] });\n',
      "lib/part.cjs": 'module.exports = { part: "of a part" };\n',
    },
    output: ["of a part", "string"],
  },
  "barrels, JSON and text of packages": {
    files: {
      "trigger.config.ts": config(),
      "trigger/index.ts": 'export * from "./a";\nexport * from "../lib";\n',
      "trigger/a.ts": task("[word, data.n]", 'import { word } from "../lib";\nimport data from "../lib/data.json";\n'),
      "lib/index.ts": 'export * from "./word";\n',
      "lib/word.ts": 'export const word = "found";\n',
      "lib/data.json": '{"n": 5}',
    },
    output: ["found", 5],
  },
  "two hundred tasks": {
    files: {
      "trigger.config.ts": config(),
      "trigger/a.ts": task('"the first"'),
      ...Object.fromEntries(
        Array.from({ length: 199 }, (_, i) => [`trigger/group-${i % 10}/more-${i}.ts`, task(String(i)).replace("shape", `more-${i}`)]),
      ),
    },
    output: "the first",
  },
};

let host: Project;
let server: ServerProcess;
let client: Client;
let cli: CommandLine;
beforeAll(async () => {
  host = createProject();
  rmSync(join(host.directory, "trigger.config.ts"));
  server = await startServer(host, { SIGNALBOX_ROLES: "engine,worker", SIGNALBOX_PROJECT_REF: "proj_shapes" });
  cli = commandLine({ TRIGGER_API_URL: server.origin, TRIGGER_SECRET_KEY: server.secretKey ?? "" });
  client = clientOf(server.origin, server.secretKey ?? "");
}, 240_000);
afterAll(async () => {
  server?.kill("SIGKILL");
  await server?.ended;
  host.remove();
  cli?.remove();
});

test.each(Object.entries(shapes))(
  "%s: built where it is, deployed and run elsewhere",
  async (_name, { files, links = {}, folder = ".", output }) => {
    const project = createProject();
    for (const name of ["trigger.config.ts", "trigger"]) rmSync(join(project.directory, name), { recursive: true });
    for (const [name, text] of Object.entries(files)) project.write(name, text);
    for (const [name, target] of Object.entries(links)) {
      mkdirSync(dirname(join(project.directory, name)), { recursive: true });
      symlinkSync(target.startsWith("/") ? target : join(project.directory, target), join(project.directory, name));
    }
    const deployed = await cli(["deploy", join(project.directory, folder), "--json"]);
    expect({ code: deployed.code, stderr: deployed.stderr }).toEqual({ code: 0, stderr: "" });
    // What runs has nothing of the project left to lean on.
    project.remove();
    const run = await client.trigger("shape", {});
    expect(await client.ended(run)).toBe("COMPLETED");
    expect((await client.run(run)).output).toEqual(output);
  },
  180_000,
);
