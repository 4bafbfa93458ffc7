#!/usr/bin/env -S node --max-semi-space-size=32
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// Node 18 has no import.meta.dirname, and is to be told in words that it is too old.
const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const help = `Signalbox ${version}

  signalbox start   run this project's tasks in production mode
  signalbox dev     the same for development: environment dev, tasks reload when they change
  signalbox people  who can sign in; people invite|reset|role|remove, also for who is locked out

Variables: PORT (3030), HOST (127.0.0.1), SIGNALBOX_PROJECT (directory of trigger.config.ts), SIGNALBOX_DATA (.signalbox in the
project), SIGNALBOX_URL (public address behind a proxy), DATABASE_URL (a PostgreSQL 15 or newer instead of the embedded one),
TRIGGER_SECRET_KEY (adopted on the first boot), SIGNALBOX_FROZEN_AFTER (60 s), SIGNALBOX_HOSTS (further names of this server),
SIGNALBOX_PROXIES (addresses of your proxies), SIGNALBOX_ROLES (web,engine,worker), SIGNALBOX_LOG (debug, info, warn or error).
TRIGGER_SECRET_KEY_FILE and DATABASE_URL_FILE name files that hold the values instead. Those that begin with SIGNALBOX_, and
SIGNALBOX_PORT, SIGNALBOX_HOST and SIGNALBOX_DATABASE_URL for PORT, HOST and DATABASE_URL, may also stand in the project's .env.
`;

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Signalbox needs Node 20.19 or newer; this is ${process.versions.node}.`);

const command = process.argv[2] ?? "help";
const extra = process.argv.slice(3);
if (extra.includes("--help") || extra.includes("-h")) process.stdout.write(help);
else if (command !== "people" && extra.length > 0) fail(`signalbox ${command} takes no arguments; not ${JSON.stringify(extra[0])}. Settings are variables.\n\n${help}`, 2);
else if (command === "start" || command === "dev") await serve(command);
else if (command === "people") await people(extra);
else if (command === "version" || command === "--version" || command === "-v") process.stdout.write(`${version}\n`);
else if (command === "help" || command === "--help" || command === "-h") process.stdout.write(help);
else fail(`unknown command ${JSON.stringify(command)}.\n\n${help}`, 2);

async function people(args) {
  const entry = join(root, "dist", "server", "main.js");
  if (!existsSync(entry)) fail("nothing is built yet: start the server once, or run `npm run build`.");
  await (await import(pathToFileURL(entry).href)).people({ args, root });
}

async function serve(mode) {
  const { isCheckout, staleParts } = await import("./build.mjs");
  // Of this server and its dashboard; what task code sees is decided where workers are started. An installed dashboard is compiled.
  process.env.NEXT_TELEMETRY_DISABLED ??= "1";
  process.env.NODE_ENV = mode === "dev" && isCheckout ? "development" : "production";
  // SIGNALBOX_PREBUILT: run what is there, as in an image or a test, where sources may be newer on purpose.
  const stale = process.env.SIGNALBOX_PREBUILT === undefined ? staleParts(mode) : [];
  // In a process of its own: what a build needs in memory is gone afterwards.
  if (stale.length > 0 && spawnSync(process.execPath, [join(root, "scripts", "build.mjs"), mode, ...(process.stdout.isTTY ? [] : ["json"])], { stdio: "inherit" }).status !== 0) process.exit(1);
  const { main } = await import(pathToFileURL(join(root, "dist", "server", "main.js")).href);
  await main({ mode, root, version, isCheckout });
}

function fail(message, code = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
