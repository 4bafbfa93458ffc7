#!/usr/bin/env -S node --max-semi-space-size=32
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// Node 18 has no import.meta.dirname, and is to be told in words that it is too old.
const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const variables = `Variables: PORT (3030), HOST (127.0.0.1), SIGNALBOX_PROJECT (directory of trigger.config.ts), SIGNALBOX_PROJECT_REF (no project here:
serve what is deployed of this one), SIGNALBOX_BUILD (and a build that an image brings), SIGNALBOX_DATA (.signalbox in the project), SIGNALBOX_URL (public address behind a proxy), DATABASE_URL (a PostgreSQL 15 or newer instead of the embedded one),
TRIGGER_SECRET_KEY (adopted on the first boot), SIGNALBOX_FROZEN_AFTER (60 s), SIGNALBOX_HOSTS (further names of this server),
SIGNALBOX_PROXIES (addresses of your proxies), SIGNALBOX_ROLES (web,engine,worker), SIGNALBOX_LOG (debug, info, warn or error).
TRIGGER_SECRET_KEY_FILE and DATABASE_URL_FILE name files that hold the values instead. Those that begin with SIGNALBOX_, and
SIGNALBOX_PORT, SIGNALBOX_HOST and SIGNALBOX_DATABASE_URL for PORT, HOST and DATABASE_URL, may also stand in the project's .env.
`;

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Signalbox needs Node 20.19 or newer; this is ${process.versions.node}.`);

const args = process.argv.slice(2);
const [command, first] = args;
const isServing = command === "start" || command === "dev";
// A fresh checkout builds itself when it is started; the other commands are part of what is built then.
if (isServing && first === undefined) await serve(command);
else if (isServing && first !== "--help" && first !== "-h")
  fail(`signalbox ${command} takes no arguments; not ${JSON.stringify(first)}. Settings are variables.\n\n${variables}`, 2);
else await runCommand();

async function runCommand() {
  const { run } = await import(pathToFileURL(built("cli")).href);
  await run(args, { version, root, variables, serve, operate });
}

async function operate(name, given, options) {
  await (await import(pathToFileURL(built("server")).href)).operate({ name, args: given, options, root, version });
}

function built(part) {
  const entry = join(root, "dist", part, "main.js");
  if (!existsSync(entry)) fail("nothing is built yet: start the server once, or run `npm run build`.");
  return entry;
}

async function serve(mode) {
  // Installed from the packed tarball there are no sources: everything came built.
  const isCheckout = existsSync(join(root, "server", "main.ts"));
  // Of this server and its dashboard; what task code sees is decided where workers are started. An installed dashboard is compiled.
  process.env.NEXT_TELEMETRY_DISABLED ??= "1";
  process.env.NODE_ENV = mode === "dev" && isCheckout ? "development" : "production";
  // SIGNALBOX_PREBUILT: run what is there, as in an image or a test, where sources may be newer on purpose.
  const stale = isCheckout && process.env.SIGNALBOX_PREBUILT === undefined ? (await import("./build.mjs")).staleParts(mode) : [];
  // In a process of its own: what a build needs in memory is gone afterwards.
  if (
    stale.length > 0 &&
    spawnSync(process.execPath, [join(root, "scripts", "build.mjs"), mode, ...(process.stdout.isTTY ? [] : ["json"])], { stdio: "inherit" })
      .status !== 0
  )
    process.exit(1);
  const { main } = await import(pathToFileURL(join(root, "dist", "server", "main.js")).href);
  await main({ mode, root, version, isCheckout });
}

function fail(message, code = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
