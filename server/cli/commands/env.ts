import { existsSync, renameSync, writeFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { z } from "zod";
import { parse } from "dotenv";
import { redacted } from "@/lib/contracts/variables";
import type { HttpClient } from "@/lib/client/http";
import { checkEnvironment, connect, formatOf, readPlace, type ServerOptions } from "../connection";
import { usage } from "../failure";
import { print, printJson, printTable, say } from "../output";
import { readFile } from "../payload";

interface EnvOptions extends ServerOptions {
  env?: string;
}

const Variable = z.object({ name: z.string(), value: z.string(), isSecret: z.boolean() });
const Done = z.object({ success: z.boolean() });

async function open(options: EnvOptions): Promise<{ client: HttpClient; base: string }> {
  const client = connect(options);
  const place = await readPlace(client);
  checkEnvironment(place, options.env);
  return { client, base: `/api/v1/projects/${encodeURIComponent(place.project.ref)}/envvars/${encodeURIComponent(place.slug)}` };
}

export async function list(options: EnvOptions & { showValues?: boolean }): Promise<void> {
  const { client, base } = await open(options);
  const variables = await client.request(z.array(Variable), base);
  const shown = variables.map(({ name, value, isSecret }) =>
    options.showValues === true ? { name, value, isSecret } : { name, isSecret },
  );
  if (formatOf(options) === "json") return printJson(shown);
  if (variables.length === 0) return print("No variables.");
  printTable(
    options.showValues === true ? ["name", "value", "secret"] : ["name", "secret"],
    variables.map(({ name, value, isSecret }) => [name, ...(options.showValues === true ? [value] : []), isSecret ? "yes" : ""]),
  );
}

export async function get(name: string, options: EnvOptions): Promise<void> {
  const { client, base } = await open(options);
  const variable = await client.request(Variable, `${base}/${encodeURIComponent(name)}`);
  if (formatOf(options) === "json") return printJson(variable);
  print(variable.value);
}

/** The value from standard input, or as NAME=value. A secret belongs into standard input: arguments are read by every process. */
export async function set(argument: string, options: EnvOptions & { secret?: boolean }): Promise<void> {
  const [name = "", ...rest] = argument.split("=");
  if (rest.length === 0 && process.stdin.isTTY)
    throw usage(`The value is missing. Pipe it: printf %s "$VALUE" | signalbox env set ${name}`);
  const value = rest.length > 0 ? rest.join("=") : (await readAll(process.stdin)).replace(/\r?\n$/, "");
  const { client, base } = await open(options);
  await client.request(Done, base, { method: "POST", json: { name, value, ...(options.secret === true && { isSecret: true }) } });
  if (formatOf(options) === "json") printJson({ name });
  else print(`${name} is set: runs that start from now on have it.`);
}

export async function importFile(file: string, options: EnvOptions & { override?: boolean; secret?: boolean }): Promise<void> {
  const variables = parse(file === "-" ? await readAll(process.stdin) : readFile(file));
  const names = Object.keys(variables);
  if (names.length === 0) throw usage(`${file} holds no variables: write NAME=value, one a line.`);
  const { client, base } = await open(options);
  await client.request(Done, `${base}/import`, {
    method: "POST",
    json: { variables, override: options.override === true, ...(options.secret === true && { isSecret: true }) },
  });
  if (formatOf(options) === "json") printJson({ names });
  else
    print(
      `${names.length === 1 ? "1 variable is" : `${names.length} variables are`} imported${options.override === true ? "" : "; those that were there kept their values (--override changes them)"}.`,
    );
}

export async function pull(options: EnvOptions & { output: string; force?: boolean }): Promise<void> {
  const { client, base } = await open(options);
  const variables = await client.request(z.array(Variable), base);
  if (existsSync(options.output) && options.force !== true)
    throw usage(`${options.output} is there already. Overwrite it with --force, or name another file with --output.`);
  const readable = variables.filter(({ value, isSecret }) => !(isSecret && value === redacted));
  const fresh = `${options.output}.${process.pid}`;
  writeFileSync(fresh, readable.map(({ name, value }) => `${name}=${quoted(value)}\n`).join(""), { mode: 0o600 });
  renameSync(fresh, options.output);
  const left = variables.length - readable.length;
  if (formatOf(options) === "json") return printJson({ file: options.output, names: readable.map(({ name }) => name), secret: left });
  print(`${options.output} has ${readable.length} variables.`);
  if (left > 0) say(`${left} are secret: nobody can read their values.`);
}

export async function unset(names: string[], options: EnvOptions): Promise<void> {
  const { client, base } = await open(options);
  for (const name of names) await client.request(Done, `${base}/${encodeURIComponent(name)}`, { method: "DELETE" });
  if (formatOf(options) === "json") printJson({ names });
  else print(`${names.join(", ")} ${names.length === 1 ? "is" : "are"} removed.`);
}

/** As dotenv reads it back, without expanding what looks like a reference. */
function quoted(value: string): string {
  if (/^[\w./:@+,-]*$/.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes("`")) return `\`${value}\``;
  return `"${value.replaceAll("\n", "\\n")}"`;
}
