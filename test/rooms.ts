import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** Rooms are named after where code runs; `may` lists what each may import besides itself, type imports included. */
interface Room {
  /** Longest matching beginning wins; "" at the end of a folder name means the files directly in it. */
  path: string;
  may: readonly string[];
  /** Packages that have no business here. */
  never?: readonly RegExp[];
}

const node = /^node:/;
const react = /^(?:react|react-dom|next)(?:\/|$)/;
const base = ["contracts", "pure"];
const service = [...base, "log", "db", "engine"];

export const rooms: Record<string, Room> = {
  contracts: { path: "lib/contracts/", may: [], never: [/^(?!zod$)/] },
  pure: { path: "lib/", may: ["contracts"], never: [node, react, /^(?:pg|ws)$/] },
  client: { path: "lib/client/", may: base, never: [node, react] },
  sdk: { path: "lib/sdk/", may: [...base, "client"], never: [react, /^pg$/] },
  // What projects import in their config and, of Python, in their tasks.
  "build-package": { path: "lib/build/", may: [], never: [react, /^pg$/] },
  "python-package": { path: "lib/python/", may: ["sdk", "build-package"], never: [react, /^pg$/] },
  "react-hooks": { path: "lib/react-hooks/", may: [...base, "client"], never: [node, /^next/] },
  ui: { path: "components/ui/", may: ["pure"], never: [node] },
  components: { path: "components/", may: [...base, "client", "react-hooks", "ui"], never: [node, /^pg$/] },
  app: { path: "app/", may: [...base, "client", "react-hooks", "ui", "components"], never: [/^(?:pg|ws)$/, /^node:child_process$/] },
  log: { path: "server/log.ts", may: [] },
  db: { path: "server/db/", may: [...base, "log"], never: [react, /^(?:hono|ws)/] },
  engine: { path: "server/engine/", may: [...base, "log", "db"], never: [react, /^(?:hono|ws)/, /^node:(?:http|child_process|net)$/] },
  // Who may sign in: a server without runs (the command line) works with it too.
  people: { path: "server/people/", may: [...base, "db"], never: [react, /^(?:hono|ws|better-auth)/] },
  worker: { path: "server/worker/", may: [...base, "client", "sdk"], never: [/^(?:pg|hono|ws|next)/] },
  // The supervisor starts workers the way the build has tried them.
  supervisor: { path: "server/supervisor/", may: [...service, "build"], never: [react, /^(?:hono|ws)/] },
  api: { path: "server/api/", may: [...service, "people"], never: [react, /^node:child_process$/] },
  // The gateway asks the API's one authorisation function.
  gateway: { path: "server/gateway/", may: [...service, "api"], never: [react, /^node:child_process$/] },
  build: { path: "server/build/", may: [...base, "log", "build-package"], never: [react, /^pg$/] },
  // Measures what the engine counts, and tells channels.
  alerts: { path: "server/alerts/", may: service, never: [react, /^(?:hono|ws)/] },
  http: { path: "server/http/", may: service, never: [/^ws$/] },
  // Deploying builds where the project is; everything else is asked for over HTTP.
  cli: { path: "server/cli/", may: [...base, "client", "log", "build"], never: [/^(?:pg|hono|ws)(?:\/|$)/] },
  root: { path: "server/", may: [...service, "supervisor", "people", "api", "gateway", "build", "http", "alerts"] },
};

export interface Violation {
  file: string;
  imports: string;
  reason: string;
}

/** Files of the rooms, relative to `root`; tests may import anything. */
export function sourceFiles(root: string): string[] {
  return ["app", "components", "lib", "server"].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: "utf8" })
      .map((file) => `${top}/${file.replaceAll("\\", "/")}`)
      .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|\/(?:node_modules|generated|test|fixtures)\//.test(file)),
  );
}

export function violationsIn(root: string, files: readonly string[]): Violation[] {
  return files.flatMap((file) => importsOf(readFileSync(join(root, file), "utf8")).flatMap((specifier) => judge(file, specifier) ?? []));
}

export function importsOf(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  return [
    ...code.matchAll(
      /^\s*(?:import|export)\b[^"'`;]*?\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

function judge(file: string, specifier: string): Violation | undefined {
  const here = roomOf(file);
  if (here === undefined) return { file, imports: specifier, reason: "the file lies in no room" };
  const room = rooms[here];
  const target = specifier.startsWith("@/")
    ? specifier.slice(2)
    : specifier.startsWith(".")
      ? relative(".", resolve(dirname(file), specifier)).replaceAll("\\", "/")
      : undefined;
  if (target === undefined) {
    const forbidden = room?.never?.some((pattern) => pattern.test(specifier)) === true;
    return forbidden ? { file, imports: specifier, reason: `${here} may not use this package` } : undefined;
  }
  const there = roomOf(target) ?? roomOf(`${target}.ts`);
  if (there === undefined || there === here) return undefined;
  if (room?.may.includes(there) !== true) return { file, imports: specifier, reason: `${here} may not import ${there}` };
  const isNear = topOf(file) === topOf(target);
  return specifier.startsWith("@/") || isNear
    ? undefined
    : { file, imports: specifier, reason: "another top folder is imported through @/" };
}

const topOf = (path: string) => path.split("/", 1)[0];

export function roomOf(file: string): string | undefined {
  const named = file.endsWith("server/log") ? "server/log.ts" : file;
  return Object.entries(rooms)
    .filter(([, { path }]) => named.startsWith(path))
    .toSorted(([, a], [, b]) => b.path.length - a.path.length)[0]?.[0];
}
