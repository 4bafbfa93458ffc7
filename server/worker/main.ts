import type { SentToWorker, ToWorker } from "@/lib/contracts/ipc";
import { describeWithStack } from "@/lib/values/describe";
import { currentRun, extendTelemetry, flushExports, registerConfigHooks, registerOtel } from "@trigger.dev/sdk/internal";
import { loadBundle } from "./bundle";
import { createCommonContexts } from "./common-context";
import { captureConsole } from "./console-capture";
import { describeBundle } from "./manifest";
import { traceFetch } from "./fetch-spans";
import { createOutbox } from "./outbox";
import { createRunEnvironments } from "./run-env";
import { createRuns, type Runs } from "./runs";
import { settled, watchActivity } from "./settled";

/**
 * A worker process: `node worker/main.js <bundle>`, forked by the supervisor, which speaks `lib/contracts/ipc` over its
 * channel. It loads one bundle, says what is in it, and runs what it is given. A run that changes what all share, such as
 * a prototype, changes it for its neighbours too. With `index` and the project's folder after the bundle it is asked by the build
 * only what the bundle holds, and also waits for what its modules have begun: what fails there must not go live.
 */
const outbox = createOutbox({
  write(messages, done) {
    if (process.send === undefined || !process.connected) return done(null);
    process.send(messages, undefined, undefined, done);
  },
  onRefused(message, error) {
    process.stderr.write(`a message (${message.type}) could not be sent: ${describeWithStack(error)}\n`);
    if ("runId" in message) runs?.failUnsendable(message, error);
  },
});
let state: "loading" | "open" | "draining" = "loading";
let runs: Runs | undefined;
/** About runs, and come before the bundle was loaded. */
const early: Exclude<ToWorker, { type: "drain" | "ping" }>[] = [];

/** Longest that a process waits for its last words to leave, ms. */
const lastWordsMs = 2000;

async function exit(code: number): Promise<never> {
  setTimeout(() => process.exit(code), lastWordsMs);
  try {
    runs?.flush();
    await Promise.all([outbox.flush(), flushExports()]);
  } finally {
    process.exit(code);
  }
}

/** An error that nothing caught belongs to a run and ends it, or to the loading of the bundle, or to nobody. */
function onUncaught(error: unknown, ofNobody: (text: string) => void): void {
  const run = currentRun();
  if (run !== undefined && runs !== undefined) {
    if (!runs.failUncaught(run, error)) process.stderr.write(`after the end of run ${run.id}: ${describeWithStack(error)}\n`);
    return;
  }
  if (state === "loading") return void broken(error);
  ofNobody(describeWithStack(error));
}

/** What all runs share may be half changed. */
function endAfter(text: string): void {
  process.stderr.write(`${text}\n`);
  void exit(1);
}

/** A module's promise that runs await later is no fault of the process: the neighbours of a run that needs it go on. */
const goOnAfter = (text: string): void =>
  void process.stderr.write(`a promise of no run was rejected, and nothing has handled it: ${text}\n`);

async function broken(error: unknown): Promise<never> {
  outbox.send({ type: "broken", error: { message: describeWithStack(error) } });
  return exit(1);
}

const whole = createCommonContexts();

/** The supervisor has started this process from its own files: what it sends is of this version, and is not checked for every run. */
function onMessage(sentToWorker: unknown): void {
  for (const sent of sentToWorker as SentToWorker[]) {
    const message = whole(sent);
    if (message.type === "ping") outbox.send({ type: "pong", at: message.at });
    else if (message.type === "drain") drain();
    else if (runs === undefined) early.push(message);
    else runs.receive(message);
  }
}

function drain(): void {
  state = "draining";
  runs?.flush();
  if (runs === undefined || runs.size === 0) void exit(0);
}

async function main(bundlePath: string | undefined, isIndexing: boolean, projectDir: string): Promise<void> {
  process.on("uncaughtException", (error) => onUncaught(error, endAfter));
  process.on("unhandledRejection", (error) => onUncaught(error, goOnAfter));
  // Without a supervisor nobody hears what runs do.
  process.on("disconnect", () => process.exit(0));
  process.on("message", onMessage);
  process.setSourceMapsEnabled(true);
  if (bundlePath === undefined) return broken("usage: worker/main.js <bundle>");
  try {
    const isQuiet = watchActivity();
    // Modules take their tracers while they load.
    registerOtel();
    const bundle = await loadBundle(bundlePath);
    const manifest = describeBundle(bundle, projectDir);
    if (isIndexing) await settled(isQuiet);
    const { config } = bundle;
    registerConfigHooks(config);
    traceFetch(globalThis);
    extendTelemetry(config?.telemetry, config?.instrumentations);
    if (config?.disableConsoleInterceptor !== true) captureConsole(console, config?.enableConsoleLogging === true ? "echo" : "captureOnly");
    runs = createRuns({
      config,
      environments: createRunEnvironments(process.env),
      send: (message) => outbox.send(message),
      sendOff: () => void outbox.flush(),
      onEmpty: () => {
        if (state === "draining") void exit(0);
      },
    });
    if (state === "loading") state = "open";
    outbox.send({ type: "ready", manifest });
    for (const message of early.splice(0)) runs.receive(message);
  } catch (error) {
    await broken(error);
  }
}

await main(process.argv[2], process.argv[3] === "index", process.argv[4] ?? process.cwd());
