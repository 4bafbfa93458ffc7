import { z } from "zod";
import type { HttpClient } from "@/lib/client/http";
import { connect, formatOf, type ServerOptions } from "../connection";
import { usage } from "../failure";
import { print, printJson, printTable } from "../output";

const Version = z.looseObject({
  id: z.string(),
  version: z.string(),
  status: z.string(),
  createdAt: z.string(),
  deployedAt: z.string().optional(),
  git: z
    .looseObject({
      commitSha: z.string().optional(),
      commitRef: z.string().optional(),
      commitMessage: z.string().optional(),
      dirty: z.boolean().optional(),
    })
    .optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});
const Page = z.object({ data: z.array(Version), pagination: z.object({ next: z.string().optional() }) });

const current = (client: HttpClient) => client.request(Version, "/api/v1/deployments/current");

export async function list(options: ServerOptions & { status?: string }): Promise<void> {
  const client = connect(options);
  const query = new URLSearchParams({ "page[size]": "50" });
  if (options.status !== undefined) query.set("status", options.status.toUpperCase());
  const [{ data }, now] = await Promise.all([client.request(Page, "/api/v1/deployments", { query }), current(client).catch(() => null)]);
  if (formatOf(options) === "json") return printJson(data.map((one) => ({ ...one, isCurrent: one.version === now?.version })));
  if (data.length === 0) return print("No deployments.");
  printTable(
    ["", "version", "status", "created", "commit", "what"],
    data.map(({ version, status, createdAt, git, error }) => [
      version === now?.version ? "*" : "",
      version,
      status,
      createdAt.slice(0, 19).replace("T", " "),
      git?.commitSha === undefined
        ? ""
        : `${git.commitSha.slice(0, 8)}${git.dirty === true ? "+" : ""}${git.commitRef === undefined ? "" : ` ${git.commitRef}`}`,
      error?.message ?? git?.commitMessage ?? "",
    ]),
  );
}

export async function promote(version: string, options: ServerOptions): Promise<void> {
  const client = connect(options);
  await client.request(z.object({ version: z.string() }), `/api/v1/deployments/${encodeURIComponent(version)}/promote`, {
    method: "POST",
    json: {},
  });
  if (formatOf(options) === "json") printJson({ version, isCurrent: true });
  else print(`Version ${version} is current: new runs start on it, and those that have started keep theirs.`);
}

/** Without a version: the one that was deployed before the current one. */
export async function rollback(version: string | undefined, options: ServerOptions): Promise<void> {
  const client = connect(options);
  const now = await current(client);
  if (version !== undefined) return promote(version, options);
  const { data } = await client.request(Page, "/api/v1/deployments", { query: new URLSearchParams({ "page[size]": "100" }) });
  const before = data.find((one) => one.createdAt < now.createdAt);
  if (before === undefined) throw usage(`There is no version before ${now.version} to go back to.`);
  return promote(before.version, options);
}
