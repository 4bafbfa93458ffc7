import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** `npm pack` in a fresh clone: what the build needs is installed first. */
const root = join(import.meta.dirname, "..");

function run(args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(join(root, "node_modules", "esbuild"))) {
  const npm = process.env.npm_execpath;
  if (npm === undefined) {
    process.stderr.write("The dependencies are not installed: run npm ci first.\n");
    process.exit(1);
  }
  run([npm, "ci"]);
}
run([join(root, "scripts", "build.mjs")]);
