import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const installed = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Path of a Chromium on this machine; undefined: Playwright's own, which is installed now if it was missing. Throws when there is none to be had. */
export function ensureChromium() {
  const found = findChromium();
  if (found !== undefined) return found;
  process.stdout.write("\n▸ installing Chromium\n");
  const cli = join(import.meta.dirname, "..", "node_modules", "@playwright", "test", "cli.js");
  if (spawnSync(process.execPath, [cli, "install", "chromium"], { stdio: "inherit" }).status === 0) return undefined;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && existsSync("/usr/bin/apt-get")) {
    spawnSync("apt-get", ["update", "-qq"], { stdio: "inherit" });
    spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"], { stdio: "inherit" });
  }
  const now = findChromium();
  if (now === undefined) throw new Error("no Chromium found and none could be installed. Install one, or name it in CHROMIUM_PATH.");
  return now;
}

const findChromium = () => [process.env.CHROMIUM_PATH, ...installed].find((path) => path !== undefined && path !== "" && existsSync(path));
