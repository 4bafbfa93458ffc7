const honoured = [
  "project",
  "dirs",
  "triggerDirectories",
  "ignorePatterns",
  "tsconfig",
  "tsconfigPath",
  "maxDuration",
  "ttl",
  "machine",
  "retries",
  "logLevel",
  "enableConsoleLogging",
  "disableConsoleInterceptor",
  "isolation",
  "build",
  "telemetry",
  "instrumentations",
  "init",
  "onStart",
  "onSuccess",
  "onFailure",
  "deploy",
  "extraCACerts",
  "processKeepAlive",
  "experimental_processKeepAlive",
  "legacyDevProcessCwdBehaviour",
  "additionalFiles",
  "additionalPackages",
  "postInstall",
  // All packages are bundled but those that cannot be.
  "dependenciesToBundle",
  // Has no effect upstream, either.
  "compatibilityFlags",
];
const honouredOfBuild = [
  "external",
  "extensions",
  "conditions",
  "jsx",
  ...["autoDetectExternal", "keepNames", "minify"].flatMap((name) => [name, `experimental_${name}`]),
];

const isOwnNode = (value: unknown): boolean => value === "node" || value === `node-${process.versions.node.split(".", 1)[0]}`;
/** Keys that the published config has and Signalbox does not follow, unless `isFine` says that the value asks for what happens anyway. */
const notHonoured: Record<string, { isFine?: (value: unknown) => boolean; instead: string }> = {
  runtime: {
    isFine: isOwnNode,
    instead: `Tasks run on the Node of the server, ${process.version}; start Signalbox with the one that they need`,
  },
};

export interface ConfigWarning {
  /** Of the key in the config. */
  path: string[];
  text: string;
}

/** A sentence for each part of a config that has no effect. */
export function configWarnings(config: Readonly<Record<string, unknown>>): ConfigWarning[] {
  const top = keysOf(config).flatMap((key): ConfigWarning[] => {
    if (honoured.includes(key)) return [];
    const known = Object.hasOwn(notHonoured, key) ? notHonoured[key] : undefined;
    if (known === undefined)
      return [
        {
          path: [key],
          text: `"${key}" is no key of the config and is ignored${suggestion(key, [...honoured, ...Object.keys(notHonoured)])}`,
        },
      ];
    return known.isFine?.(config[key]) === true ? [] : [{ path: [key], text: `"${key}" is not honoured. ${known.instead}` }];
  });
  const ofBuild = keysOf(config["build"]).filter((key) => !honouredOfBuild.includes(key));
  return [
    ...top,
    ...ofBuild.map((key) => ({
      path: ["build", key],
      text: `"build.${key}" is no key of the config and is ignored${suggestion(key, honouredOfBuild)}`,
    })),
  ];
}

const keysOf = (value: unknown): string[] =>
  typeof value === "object" && value !== null ? Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [key])) : [];

/** The known name that has the most of its beginning in common, if that is enough to be meant. */
function suggestion(key: string, known: readonly string[]): string {
  const rank = (name: string): number => {
    let length = 0;
    while (length < name.length && name[length]?.toLowerCase() === key[length]?.toLowerCase()) length++;
    return length;
  };
  const [near] = known.toSorted((a, b) => rank(b) - rank(a));
  return near === undefined || rank(near) < 4 ? "" : `. Did you mean "${near}"?`;
}
