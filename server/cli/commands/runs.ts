import { z } from "zod";
import { ListedRun } from "@/lib/client/run-objects";
import { parseDuration } from "@/lib/time/duration";
import { formatDuration } from "@/lib/view/format";
import { connect, formatOf, type ServerOptions } from "../connection";
import { usage } from "../failure";
import { followRun, printOutcome, retrieveRun } from "../follow";
import { print, printFacts, printJson, printTable } from "../output";
import { readPayload } from "../payload";

export interface ListRunsOptions extends ServerOptions {
  status?: string[];
  task?: string[];
  tag?: string[];
  queue?: string[];
  onVersion?: string[];
  batch?: string;
  schedule?: string;
  from?: string;
  to?: string;
  period?: string;
  limit: string;
  after?: string;
}

const Page = z.object({ data: z.array(ListedRun), pagination: z.object({ next: z.string().optional() }) });
const Id = z.object({ id: z.string() });
const Events = z.object({ events: z.array(z.looseObject({ at: z.string(), type: z.string() })) });

export async function list(options: ListRunsOptions): Promise<void> {
  const query = new URLSearchParams();
  const filters: Record<string, string | undefined> = {
    "filter[status]": options.status?.map((status) => status.toUpperCase()).join(","),
    "filter[taskIdentifier]": options.task?.join(","),
    "filter[tag]": options.tag?.join(","),
    "filter[queue]": options.queue?.join(","),
    "filter[version]": options.onVersion?.join(","),
    "filter[batch]": options.batch,
    "filter[schedule]": options.schedule,
    "filter[createdAt][from]": options.from,
    "filter[createdAt][to]": options.to,
    "filter[createdAt][period]": period(options.period),
    "page[size]": limit(options.limit),
    "page[after]": options.after,
  };
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, value);
  const { data, pagination } = await connect(options).request(Page, "/api/v1/runs", { query });
  if (formatOf(options) === "json") return printJson({ data, pagination });
  if (data.length === 0) return print("No runs.");
  printTable(
    ["run", "status", "task", "version", "created", "computed", "tags"],
    data.map((run) => [
      run.id,
      run.status,
      run.taskIdentifier,
      run.version ?? "",
      run.createdAt.toISOString().slice(0, 19).replace("T", " "),
      formatDuration(run.durationMs),
      run.tags.join(" "),
    ]),
  );
  if (pagination.next !== undefined) print(`\nolder ones: --after ${pagination.next}`);
}

function period(text: string | undefined): string | undefined {
  if (text !== undefined && parseDuration(text) === null)
    throw usage(`--period ${JSON.stringify(text)} is no duration. Write one such as 30m, 12h or 7d.`);
  return text;
}

function limit(text: string): string {
  if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > 100) throw usage("--limit must be a number from 1 to 100.");
  return text;
}

export async function show(id: string, options: ServerOptions): Promise<void> {
  const client = connect(options);
  const run = await retrieveRun(client, id);
  const { events } = await client.request(Events, `/api/v1/runs/${encodeURIComponent(id)}/events`);
  if (formatOf(options) === "json") return printJson({ ...run, events });
  const parent = run.relatedRuns.parent;
  printFacts({
    run: run.id,
    task: run.taskIdentifier,
    status: run.status,
    version: run.version,
    created: run.createdAt.toISOString(),
    started: run.startedAt?.toISOString(),
    finished: run.finishedAt?.toISOString(),
    attempts: String(run.attemptCount),
    tags: run.tags.join(" "),
    parent: parent && `${parent.id} (${parent.taskIdentifier})`,
    children: run.relatedRuns.children?.length
      ? run.relatedRuns.children.map((child) => `${child.id} ${child.status} ${child.taskIdentifier}`).join("\n")
      : undefined,
    payload: run.payload === undefined ? undefined : JSON.stringify(run.payload),
  });
  print("");
  for (const event of events) print(`${event.at.slice(11, 23)}  ${event.type}`);
  print("");
  printOutcome(run);
}

export async function follow(id: string, options: ServerOptions): Promise<void> {
  await followRun(connect(options), id, formatOf(options));
}

export async function cancel(ids: string[], options: ServerOptions): Promise<void> {
  const client = connect(options);
  for (const id of ids) {
    await client.request(Id, `/api/v2/runs/${encodeURIComponent(id)}/cancel`, { method: "POST", json: {} });
    const { status } = await retrieveRun(client, id);
    if (formatOf(options) === "json") printJson({ id, status });
    else print(`${id}  ${status}`);
  }
}

export async function replay(id: string, options: ServerOptions & { file?: string; payload?: string; wait?: boolean }): Promise<void> {
  const client = connect(options);
  const payload =
    options.payload === undefined && options.file === undefined ? undefined : await readPayload(options.payload, options.file);
  const made = await client.request(Id, `/api/v1/runs/${encodeURIComponent(id)}/replay`, {
    method: "POST",
    json: payload === undefined ? {} : { payload: JSON.stringify(payload), payloadType: "application/json" },
  });
  if (options.wait === true) return followRun(client, made.id, formatOf(options));
  if (formatOf(options) === "json") printJson(made);
  else print(made.id);
}
