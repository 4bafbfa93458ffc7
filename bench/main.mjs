// Compiles a program of this folder (they share the product's code for finding PostgreSQL) and runs it: main.mjs bench.ts …
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const [program, ...args] = process.argv.slice(2);
const outfile = join(root, "bench", "dist", `${program.replaceAll("/", "-").replace(/\.ts$/, "")}.mjs`);
await build({
  entryPoints: [join(root, "bench", program)],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  alias: { "@": root },
  sourcemap: true,
  logLevel: "warning",
});
const child = spawn(process.execPath, ["--enable-source-maps", outfile, ...args], { stdio: "inherit" });
// The harness ends its own processes; a signal to this one is passed on and waited for.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
