import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureChromium } from "./chromium.mjs";

/** Everything that must hold, in one command. Ends with `N passed, N failed` over all of it; any failure is a non-zero exit. */

const root = join(import.meta.dirname, "..");
const reports = mkdtempSync(join(tmpdir(), "signalbox-reports-"));
const totals = { passed: 0, failed: 0 };

async function check(title, args) {
  const code = await run(title, args);
  totals[code === 0 ? "passed" : "failed"] += 1;
  return code === 0;
}

/** A suite that ended badly without naming a failed test (it crashed, or ran nothing) counts as one failure. */
async function suite(title, { args, env, output, read }) {
  const code = await run(title, args, { env, output });
  const counts = read();
  totals.passed += counts.passed;
  totals.failed += counts.failed > 0 ? counts.failed : code !== 0 || counts.passed === 0 ? 1 : 0;
}

/** `output`: a file that holds what it says until it is asked for, so that it is not mixed with what another says meanwhile. */
async function run(title, args, { env = {}, output } = {}) {
  const file = output === undefined ? undefined : openSync(output, "w");
  const heading = `\n▸ ${title}\n`;
  if (file === undefined) process.stdout.write(heading);
  else writeSync(file, heading);
  const stdio = file === undefined ? "inherit" : ["ignore", file, file];
  const child = spawn(process.execPath, args, { cwd: root, stdio, env: { ...process.env, ...env } });
  if (file !== undefined) closeSync(file);
  return new Promise((done, fail) => child.on("error", fail).on("close", done));
}

/** Without a browser the browser tests run all the same, and fail: that is what they are to say then. */
function browser() {
  try {
    const path = ensureChromium();
    return path === undefined ? {} : { CHROMIUM_PATH: path };
  } catch (error) {
    process.stdout.write(`${error.message}\n`);
    return {};
  }
}

function bin(name, command) {
  const directory = join(root, "node_modules", name);
  const { bin: bins } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  return join(directory, typeof bins === "string" ? bins : bins[command]);
}

function report(name) {
  try {
    return JSON.parse(readFileSync(join(reports, name), "utf8"));
  } catch {
    return undefined;
  }
}

function countVitest(json) {
  return { passed: json?.numPassedTests ?? 0, failed: json?.numFailedTests ?? 0 };
}

function countPlaywright(json) {
  return { passed: (json?.stats.expected ?? 0) + (json?.stats.flaky ?? 0), failed: json?.stats.unexpected ?? 0 };
}

try {
  if (await check("build", ["scripts/build.mjs"])) {
    // What an earlier check has remembered may hide an error (TypeScript 7.0): each check is a whole one.
    await check("types", [bin("typescript", "tsc"), "--noEmit", "--incremental", "false"]);
    await check("lint", [bin("oxlint", "oxlint"), "--type-aware", "--deny-warnings"]);
    await Promise.all([
      check("unused code", [bin("knip", "knip")]),
      check("form", [bin("prettier", "prettier"), "--check", "--log-level", "warn", "."]),
    ]);
    // Side by side: either waits for what it started during much of its time.
    const output = join(reports, "browser.txt");
    const browsing = suite("browser tests", {
      args: [bin("@playwright/test", "playwright"), "test", "--reporter=list,json"],
      env: { PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, "playwright.json"), ...browser() },
      output,
      read: () => countPlaywright(report("playwright.json")),
    });
    await suite("unit and integration tests", {
      args: [bin("vitest", "vitest"), "run", "--reporter=default", "--reporter=json", `--outputFile=${join(reports, "vitest.json")}`],
      read: () => countVitest(report("vitest.json")),
    });
    await browsing;
    process.stdout.write(readFileSync(output, "utf8"));
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed\n`);
process.exit(totals.failed === 0 ? 0 : 1);
