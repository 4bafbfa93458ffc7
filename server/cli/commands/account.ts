import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { text as readAll } from "node:stream/consumers";
import { ApiError } from "@/lib/client/api-error";
import { clientFor, connect, defaultUrl, formatOf, readPlace, tokenOf, type ServerOptions } from "../connection";
import { usage } from "../failure";
import { print, printFacts, printJson, printTable, say } from "../output";
import { profilesFile, readProfiles, writeProfiles } from "../profiles";

export async function login({ profile, apiUrl, json }: ServerOptions): Promise<void> {
  const kept = readProfiles();
  const name = profile ?? kept.current;
  if (!/^[\w.-]{1,64}$/.test(name)) throw usage(`${JSON.stringify(name)} is no name of a profile: letters, digits, points and dashes.`);
  const url = apiUrl ?? process.env["TRIGGER_API_URL"] ?? kept.profiles[name]?.url ?? defaultUrl;
  const token = tokenOf(process.env) ?? (await askForKey(url));
  if (!/^tr_\w{8,}$/.test(token)) throw usage("That is no key: one begins with tr_ (API keys page of the dashboard).");
  const place = await readPlace(clientFor(url, token)).catch((error: unknown) => {
    // A key that branches share is good for none of them alone.
    if (error instanceof ApiError && error.code === "branch_missing") return null;
    throw error;
  });
  writeProfiles({ current: name, profiles: { ...kept.profiles, [name]: { url: url.replace(/\/+$/, ""), token } } });
  const who = { profile: name, url, ...(place !== null && { project: place.project.ref }), environment: place?.slug ?? "preview" };
  if (formatOf({ json }) === "json") return printJson(who);
  const of = place === null ? "preview: say --branch with what you do" : `${place.project.ref}, ${place.slug}`;
  print(`Signed in to ${url} (${of}) as profile ${name}. The key is in ${profilesFile()}, for you alone.`);
}

/** Never from the arguments, which every process of the machine can read. */
async function askForKey(url: string): Promise<string> {
  if (!process.stdin.isTTY) return (await readAll(process.stdin)).trim();
  say(`Key for ${url} (API keys page of the dashboard; it is not shown):`);
  const lines = createInterface({
    input: process.stdin,
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    terminal: true,
  });
  try {
    return await new Promise<string>((done, fail) => {
      lines.question("", done);
      lines.on("close", () => fail(usage("No key was given.")));
    }).then((line) => line.trim());
  } finally {
    lines.close();
  }
}

export function logout({ profile, json }: ServerOptions): void {
  const { current, profiles } = readProfiles();
  const name = profile ?? current;
  const { [name]: removed, ...others } = profiles;
  if (removed === undefined) throw usage(`There is no profile ${JSON.stringify(name)}.`);
  writeProfiles({ current: name === current ? (Object.keys(others)[0] ?? "default") : current, profiles: others });
  if (formatOf({ json }) === "json") printJson({ profile: name, url: removed.url });
  else print(`Signed out of ${removed.url}: the key of profile ${name} is removed here. It stays valid until it is revoked.`);
}

export async function whoami(options: ServerOptions): Promise<void> {
  const client = connect(options);
  const place = await readPlace(client);
  const source =
    options.profile === undefined && tokenOf(process.env) !== undefined
      ? "the environment's variables"
      : `profile ${options.profile ?? readProfiles().current}`;
  if (formatOf(options) === "json")
    return printJson({
      url: client.baseURL,
      project: place.project,
      environment: { id: place.id, slug: place.slug, type: place.type },
      source,
    });
  printFacts({
    server: client.baseURL,
    project: `${place.project.ref} (${place.project.name})`,
    environment: `${place.slug} (${place.type.toLowerCase()})`,
    "key from": source,
  });
}

export function listProfiles({ json }: ServerOptions): void {
  const { current, profiles } = readProfiles();
  const rows = Object.entries(profiles).map(([name, { url, token }]) => ({
    name,
    url,
    key: `${token.slice(0, 8)}…${token.slice(-4)}`,
    current: name === current,
  }));
  if (formatOf({ json }) === "json") return printJson(rows);
  if (rows.length === 0) return print("No profile yet. Make one with: signalbox login");
  printTable(
    ["", "profile", "server", "key"],
    rows.map((row) => [row.current ? "*" : "", row.name, row.url, row.key]),
  );
}

export function useProfile(name: string, { json }: ServerOptions): void {
  const { profiles } = readProfiles();
  if (profiles[name] === undefined)
    throw usage(`There is no profile ${JSON.stringify(name)}. There are: ${Object.keys(profiles).join(", ") || "none yet"}.`);
  writeProfiles({ current: name, profiles });
  if (formatOf({ json }) === "json") printJson({ profile: name });
  else print(`Profile ${name} is in use now.`);
}
