import { Argument, Command, Option } from "commander";
import { shells } from "./completion";
import { exitCodes } from "./failure";
import { print } from "./output";

/** What of the command line is not a request to a server, and is done by the program that holds its parts. */
export interface Host {
  version: string;
  /** Where this program is installed. */
  root: string;
  /** Help of what is set by variables. */
  variables: string;
  /** `people`, `keys`, `doctor`, `backup` and `restore`: they work on the data directory. */
  operate(command: string, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<void>;
  serve(mode: "start" | "dev"): Promise<void>;
}

const exits = `
Exit codes: ${exitCodes.done} done, ${exitCodes.failed} failed, ${exitCodes.usage} wrong arguments or settings, ${exitCodes.runFailed} the run that was waited for did not succeed.
`;

const many = (value: string, before: string[] | undefined) => [...(before ?? []), ...value.split(",")];

/** Every command asks a server, and says which the same way. */
function asking(command: Command): Command {
  return command
    .option("--profile <name>", "a server that was signed in to (signalbox profiles)")
    .option("-a, --api-url <url>", "address of the server (TRIGGER_API_URL)")
    .option("-b, --branch <name>", "branch of a preview environment (TRIGGER_PREVIEW_BRANCH)")
    .option("--json", "answer in JSON");
}

const inEnv = (command: Command) => asking(command).option("-e, --env <slug>", "the environment that is meant: it must be the key's");

/** The commands. What they do is loaded when they are called. */
export function createProgram(host: Host): Command {
  const program = new Command("signalbox")
    .description("Self-hosted background tasks: run them here, deploy them, and look after them.")
    .version(host.version, "-v, --version")
    .helpCommand(true)
    .showHelpAfterError("(signalbox help shows the commands)")
    .addHelpText("after", exits);

  program
    .command("start")
    .description("run this project's tasks in production mode")
    .addHelpText("after", `\n${host.variables}`)
    .action(() => host.serve("start"));
  program
    .command("dev")
    .description("the same for development: tasks reload when they change")
    .addHelpText("after", `\n${host.variables}`)
    .action(() => host.serve("dev"));
  program
    .command("init [folder]")
    .description("make a project that runs: config, an example task, tsconfig, package scripts")
    .option("-p, --project <ref>", "its project, such as proj_shop; from the folder's name when not given")
    .option("--javascript", "without TypeScript")
    .option("--json", "answer in JSON")
    .action(async (folder: string | undefined, options: object) => (await import("./commands/init")).init(folder ?? ".", options, host));

  asking(program.command("login"))
    .description("keep a server's key: from a prompt, standard input or TRIGGER_SECRET_KEY, never from an argument")
    .action(async (options: object) => (await import("./commands/account")).login(options));
  asking(program.command("logout"))
    .description("forget a server's key")
    .action(async (options: object) => (await import("./commands/account")).logout(options));
  asking(program.command("whoami"))
    .description("which server, project and environment the key is for")
    .action(async (options: object) => (await import("./commands/account")).whoami(options));
  const profiles = program.command("profiles").description("servers that were signed in to");
  profiles
    .command("list", { isDefault: true })
    .description("all of them; * is in use")
    .option("--json", "answer in JSON")
    .action(async (options: object) => (await import("./commands/account")).listProfiles(options));
  profiles
    .command("use <name>")
    .description("use another one from now on")
    .option("--json", "answer in JSON")
    .action(async (name: string, options: object) => (await import("./commands/account")).useProfile(name, options));

  inEnv(program.command("deploy [folder]"))
    .description("build this project here, send it, and make it the version that new runs start on")
    .option("--skip-promotion", "leave the current version current")
    .option("--dry-run", "build only; nothing is sent")
    .option("--external-id <id>", "what the caller's build calls this version; deployed once")
    .option("--force", "give up one with the same external id that is not finished")
    .addHelpText("after", "\nIn GitHub Actions the outputs deploymentVersion and needsPromotion are set.\n")
    .action(async (folder: string | undefined, options: object) =>
      (await import("./commands/deploy")).deploy(folder ?? ".", options, {
        builderEntry: `${host.root}/dist/builder/main.js`,
        sdkEntry: `${host.root}/dist/sdk/index.js`,
      }),
    );
  const preview = program.command("preview").description("branches of the preview environment");
  asking(preview.command("archive [folder]"))
    .description("end a branch: nothing runs in it any more, and it comes back with what it had when it is deployed to again")
    .addHelpText("after", "\nWithout --branch it is the folder's branch in git.\n")
    .action(async (folder: string | undefined, options: object) => (await import("./commands/preview")).archive(folder ?? ".", options));
  program
    .command("build [folder]")
    .description("build this project as deploy does, and send nothing")
    .option("--image <folder>", "write a Containerfile there, with the build and what its extensions need beside it")
    .option("--json", "answer in JSON")
    .action(async (folder: string | undefined, options: object) =>
      (await import("./commands/build")).build(folder ?? ".", options, {
        builderEntry: `${host.root}/dist/builder/main.js`,
        sdkEntry: `${host.root}/dist/sdk/index.js`,
      }),
    );
  asking(program.command("deployments"))
    .description("versions, newest first; * is current")
    .option("--status <status>", "those that are DEPLOYED (when not given), FAILED, PENDING, DEPLOYING, CANCELED or TIMED_OUT")
    .action(async (options: object) => (await import("./commands/versions")).list(options));
  asking(program.command("promote <version>"))
    .description("make a version current: new runs start on it")
    .action(async (version: string, options: object) => (await import("./commands/versions")).promote(version, options));
  asking(program.command("rollback [version]"))
    .description("the same with the version before the current one, or an older one")
    .action(async (version: string | undefined, options: object) => (await import("./commands/versions")).rollback(version, options));

  asking(program.command("trigger <task> [payload]"))
    .description("run a task; the payload is JSON, - reads standard input")
    .option("-f, --file <path>", "payload from a file")
    .option("-w, --wait", "follow the run until it ends, print its output")
    .option("--queue <name>", "another queue")
    .option("--concurrency-key <key>", "a queue of its own for this key")
    .option("--delay <duration>", "not before, such as 1h or a date")
    .option("--ttl <duration>", "expires when it has not started by then")
    .option("--tag <tag>", "a tag; again or with commas for more", many)
    .option("--idempotency-key <key>", "one run for all triggers with it")
    .option("--idempotency-key-ttl <duration>", "for so long")
    .option("--machine <preset>", "such as small-2x")
    .option("--max-attempts <n>", "attempts in all")
    .option("--max-duration <seconds>", "of computing")
    .option("--priority <seconds>", "ahead of what came so many seconds before")
    .option("--metadata <json>", "metadata of the run")
    .option("--on-version <version>", "on this version, not the current one")
    .addHelpText("after", exits)
    .action(async (task: string, payload: string | undefined, options: object) =>
      (await import("./commands/trigger")).trigger(task, payload, options),
    );

  addRuns(program);
  addEnv(program);

  asking(program.command("schedules").alias("schedule"))
    .description("schedules, with when each ticks next")
    .action(async (options: object) => (await import("./commands/lists")).schedules(options));
  const queues = program.command("queues").description("queues: list, pause, resume");
  asking(queues.command("list", { isDefault: true }))
    .description("all queues")
    .action(async (options: object) => (await import("./commands/lists")).queues(options));
  for (const action of ["pause", "resume"] as const) {
    asking(queues.command(`${action} <name>`))
      .description(action === "pause" ? "start nothing new of a queue" : "go on")
      .action(async (name: string, options: object) => (await import("./commands/lists")).setPaused(name, action, options));
  }
  const tokens = program.command("tokens").description("wait tokens: list, complete");
  asking(tokens.command("list", { isDefault: true }))
    .description("wait tokens, newest first")
    .option("--status <status>", "WAITING, COMPLETED or TIMED_OUT")
    .option("--tag <tag>", "with this tag", many)
    .option("--after <token>", "older than this one")
    .action(async (options: object) => (await import("./commands/lists")).tokens(options));
  asking(tokens.command("complete <token> [answer]"))
    .description("answer what runs wait for; the answer is JSON, - reads standard input")
    .option("-f, --file <path>", "answer from a file")
    .action(async (id: string, answer: string | undefined, options: object) =>
      (await import("./commands/lists")).completeToken(id, answer, options),
    );

  asking(program.command("mint-token"))
    .description("a public token, for a browser or a script that may do little")
    .requiredOption("--cap <scope>", "what it may do, such as read:runs or trigger:tasks:hello; again or with commas for more", many)
    .addOption(new Option("--ttl <seconds>", "for so long, at most 604800").default("3600"))
    .action(async (_options: object, command: Command) => (await import("./commands/mint-token")).mintToken(command.opts()));

  addOperator(program, host);

  program
    .command("version")
    .description("of this program")
    .action(() => print(host.version));
  program
    .command("completion")
    .description("a script that completes this command line in a shell")
    .addArgument(new Argument("<shell>").choices(shells))
    .addHelpText(
      "after",
      '\n  bash: eval "$(signalbox completion bash)"   zsh: the same with zsh   fish: signalbox completion fish | source\n',
    )
    .action(async (shell: string) => void process.stdout.write((await import("./completion")).completionScript(program, shell)));
  return program;
}

function addRuns(program: Command): void {
  const runs = program.command("runs").description("runs: list, show, follow, cancel, replay");
  asking(runs.command("list", { isDefault: true }))
    .description("runs, newest first")
    .option("--status <status>", "such as FAILED; again or with commas for more", many)
    .option("--task <id>", "of a task", many)
    .option("--tag <tag>", "with a tag", many)
    .option("--queue <name>", "of a queue, such as task/hello or a declared one", many)
    .option("--on-version <version>", "of a version", many)
    .option("--batch <id>", "of a batch")
    .option("--schedule <id>", "of a schedule")
    .option("--from <date>", "made since")
    .option("--to <date>", "made until")
    .option("--period <duration>", "made in the last 30m, 12h, 7d …")
    .addOption(new Option("-n, --limit <n>", "so many, at most 100").default("25"))
    .option("--after <run>", "older than this one")
    .action(async (_options: object, command: Command) => (await import("./commands/runs")).list(command.opts()));
  asking(runs.command("show <run>"))
    .description("everything about a run")
    .action(async (id: string, options: object) => (await import("./commands/runs")).show(id, options));
  asking(runs.command("follow <run>"))
    .description("each change of a run, live, until it ends")
    .addHelpText("after", exits)
    .action(async (id: string, options: object) => (await import("./commands/runs")).follow(id, options));
  asking(runs.command("cancel <run...>"))
    .description("cancel runs")
    .action(async (ids: string[], options: object) => (await import("./commands/runs")).cancel(ids, options));
  asking(runs.command("replay <run>"))
    .description("run it again, on the current version")
    .option("--payload <json>", "with another payload")
    .option("-f, --file <path>", "with a payload from a file")
    .option("-w, --wait", "follow the new run")
    .action(async (id: string, options: object) => (await import("./commands/runs")).replay(id, options));
}

function addEnv(program: Command): void {
  const env = program.command("env").description("variables of the tasks: list, get, set, import, pull, unset");
  inEnv(env.command("list", { isDefault: true }))
    .description("their names")
    .option("--show-values", "with their values")
    .action(async (options: object) => (await import("./commands/env")).list(options));
  inEnv(env.command("get <name>"))
    .description("one value")
    .action(async (name: string, options: object) => (await import("./commands/env")).get(name, options));
  inEnv(env.command("set <name>").alias("add"))
    .description("set one: NAME=value, or the value from standard input")
    .option("--secret", "nobody reads its value again")
    .action(async (argument: string, options: object) => (await import("./commands/env")).set(argument, options));
  inEnv(env.command("import [file]"))
    .description("from a .env file; - reads standard input")
    .option("--override", "those that are there, too")
    .option("--secret", "nobody reads their values again")
    .action(async (file: string | undefined, options: object) => (await import("./commands/env")).importFile(file ?? ".env", options));
  inEnv(env.command("pull"))
    .description("into a file")
    .addOption(new Option("-o, --output <file>", "the file").default(".env.local"))
    .option("--force", "overwrite it")
    .action(async (_options: object, command: Command) => (await import("./commands/env")).pull(command.opts()));
  inEnv(env.command("unset <name...>"))
    .description("remove")
    .action(async (names: string[], options: object) => (await import("./commands/env")).unset(names, options));
}

/** They need no server and no key, but the data directory. */
function addOperator(program: Command, host: Host): void {
  program
    .command("people [verb] [args...]")
    .description("who can sign in; people invite|reset|role|remove, also for who is locked out")
    .action((verb: string | undefined, args: string[]) => host.operate("people", [...(verb === undefined ? [] : [verb]), ...args], {}));
  const keys = program.command("keys").description("secret keys, on the server's own machine: list, create, revoke");
  keys
    .command("list", { isDefault: true })
    .description("all of them, without what is secret")
    .option("--json", "answer in JSON")
    .action((options: object) => host.operate("keys", ["list"], { ...options }));
  keys
    .command("create <name>")
    .description("a new one, shown once")
    .option("-e, --env <slug>", "of this environment, where there are several")
    .option("--json", "answer in JSON")
    .action((name: string, options: object) => host.operate("keys", ["create", name], { ...options }));
  keys
    .command("revoke <id>")
    .description("end one")
    .option("--json", "answer in JSON")
    .action((id: string, options: object) => host.operate("keys", ["revoke", id], { ...options }));
  program
    .command("doctor")
    .description("what a server needs here: settings, data, disk, PostgreSQL, port, and what the project's extensions ask for")
    .option("--json", "answer in JSON")
    .action((options: object) => host.operate("doctor", [], { ...options }));
  program
    .command("backup [file]")
    .description("everything of a stopped server in one file")
    .option("--json", "answer in JSON")
    .action((file: string | undefined, options: object) => host.operate("backup", file === undefined ? [] : [file], { ...options }));
  program
    .command("restore <file>")
    .description("a data directory from a backup; it must not be there yet")
    .option("--json", "answer in JSON")
    .action((file: string, options: object) => host.operate("restore", [file], { ...options }));
}
