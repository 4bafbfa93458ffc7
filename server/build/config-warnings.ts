/** What config processes report about a config, beside the values that decide how to build. */
interface ReportedConfig {
  /** Of each key at the top: its value where that is plain, else null. */
  keys: Record<string, unknown>;
  extensions: { name: string; does: string[] }[];
}

const honoured = [
  "project", "dirs", "triggerDirectories", "ignorePatterns", "tsconfig", "tsconfigPath", "maxDuration", "ttl", "machine", "retries", "logLevel", "enableConsoleLogging",
  "disableConsoleInterceptor", "isolation", "build", "telemetry", "instrumentations", "init", "onStart", "onSuccess", "onFailure",
  // Has no effect upstream, either.
  "compatibilityFlags",
];

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const isKeptAlive = (value: unknown): boolean => value === true || (isObject(value) && Reflect.get(value, "enabled") === true && Object.keys(value).length === 1);
const isOwnNode = (value: unknown): boolean => value === "node" || value === `node-${process.versions.node.split(".", 1)[0]}`;
const keepAlive = { isFine: isKeptAlive, instead: 'Processes are kept and shared by several runs; isolation: "process" gives each run one of its own' };

/** Keys that the published config has and Signalbox does not follow, unless `isFine` says that the value asks for what happens anyway. */
const notHonoured: Record<string, { isFine?: (value: unknown) => boolean; instead: string }> = {
  runtime: { isFine: isOwnNode, instead: `Tasks run on the Node of the server, ${process.version}` },
  processKeepAlive: keepAlive,
  experimental_processKeepAlive: keepAlive,
  legacyDevProcessCwdBehaviour: { isFine: (value) => value === true, instead: "Tasks always run in the folder of the project" },
  extraCACerts: { instead: "Start Signalbox with NODE_EXTRA_CA_CERTS, which task processes inherit" },
  deploy: { instead: "Put the variables into the project's .env file" },
  additionalPackages: { instead: "Install the packages in the project" },
  additionalFiles: { instead: "Tasks run in the folder of the project, where the files are" },
  dependenciesToBundle: { instead: "All packages are bundled but native ones and those that need files beside themselves; build.external names more" },
  postInstall: { instead: "Run the command yourself before the start" },
};

/** What an extension of `@trigger.dev/build` or `@trigger.dev/python` would have done, by what its name has in it. */
const extensionAdvice: [RegExp, string][] = [
  [/prisma/i, "Run prisma generate, and migrations, yourself before the start"],
  [/env/i, "Put the variables into the project's .env file"],
  [/apt|ffmpeg|audio|playwright|puppeteer|lightpanda/i, "Install what it brings on this machine, for the user that runs Signalbox"],
  [/python/i, "Install Python and the requirements on this machine"],
  [/files/i, "Tasks run in the folder of the project, where the files are"],
  [/packages/i, "Install the packages in the project"],
  [/decorator/i, "Code that reads decorator metadata at run time finds none"],
];
/** Followed: what it names stays outside of the bundle. */
const followedHook = "externalsForTarget";

/** A sentence for each part of a config that has no effect. */
export function configWarnings({ keys, extensions }: ReportedConfig): string[] {
  const fromKeys = Object.entries(keys).flatMap(([key, value]) => {
    if (honoured.includes(key)) return [];
    const known = Object.hasOwn(notHonoured, key) ? notHonoured[key] : undefined;
    if (known === undefined) return [`"${key}" is no key of the config and is ignored${suggestion(key)}`];
    return known.isFine?.(value) === true ? [] : [`"${key}" is not honoured. ${known.instead}`];
  });
  const fromExtensions = extensions.flatMap(({ name, does }) => {
    if (does.length > 0 && does.every((hook) => hook === followedHook)) return [];
    const advice = extensionAdvice.find(([pattern]) => pattern.test(name))?.[1];
    return [`The build extension "${name}" is not applied${advice === undefined ? "" : `. ${advice}`}`];
  });
  return [...fromKeys, ...fromExtensions];
}

function suggestion(key: string): string {
  const near = [...honoured, ...Object.keys(notHonoured)].find((known) => known.toLowerCase().startsWith(key.slice(0, 4).toLowerCase()));
  return near === undefined ? "" : `. Did you mean "${near}"?`;
}
