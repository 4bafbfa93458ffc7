import { z } from "zod";
import { connect, formatOf, type ServerOptions } from "../connection";
import { usage } from "../failure";
import { print, printJson, printTable } from "../output";
import { readPayload } from "../payload";

const numbered = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), pagination: z.object({ totalPages: z.number() }) });
const Schedule = z.looseObject({
  id: z.string(),
  task: z.string(),
  type: z.string(),
  active: z.boolean(),
  generator: z.looseObject({ expression: z.string() }),
  timezone: z.string(),
  nextRun: z.string().nullish(),
  externalId: z.string().nullish(),
});
const Queue = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  running: z.number(),
  queued: z.number(),
  paused: z.boolean(),
  concurrencyLimit: z.number().nullable(),
});
const Token = z.looseObject({
  id: z.string(),
  status: z.string(),
  createdAt: z.string(),
  tags: z.array(z.string()).optional(),
  completedAt: z.string().nullish(),
  timeoutAt: z.string().nullish(),
});
const TokenPage = z.object({ data: z.array(Token), pagination: z.object({ next: z.string().optional() }) });

/** All pages of a list that counts them. */
async function readAllPages<Item extends z.ZodType>(options: ServerOptions, path: string, item: Item): Promise<z.output<Item>[]> {
  const client = connect(options);
  const found: z.output<Item>[] = [];
  for (let page = 1; ; page++) {
    const { data, pagination } = await client.request(numbered(item), path, {
      query: new URLSearchParams({ page: String(page), perPage: "100" }),
    });
    found.push(...data);
    if (page >= pagination.totalPages) return found;
  }
}

export async function schedules(options: ServerOptions): Promise<void> {
  const found = await readAllPages(options, "/api/v1/schedules", Schedule);
  if (formatOf(options) === "json") return printJson(found);
  if (found.length === 0) return print("No schedules.");
  printTable(
    ["schedule", "task", "cron", "time zone", "next", "state"],
    found.map((one) => [one.id, one.task, one.generator.expression, one.timezone, one.nextRun ?? "", one.active ? "active" : "off"]),
  );
}

export async function queues(options: ServerOptions): Promise<void> {
  const found = await readAllPages(options, "/api/v1/queues", Queue);
  if (formatOf(options) === "json") return printJson(found);
  if (found.length === 0) return print("No queues.");
  printTable(
    ["queue", "type", "running", "queued", "limit", "state"],
    found.map((one) => [
      one.name,
      one.type,
      String(one.running),
      String(one.queued),
      one.concurrencyLimit === null ? "none" : String(one.concurrencyLimit),
      one.paused ? "paused" : "",
    ]),
  );
}

/** `name`: of a queue, or of a task, whose own it is. */
export async function setPaused(name: string, action: "pause" | "resume", options: ServerOptions): Promise<void> {
  const type =
    (await readAllPages(options, "/api/v1/queues", Queue)).find((queue) => queue.name === name || queue.id === name)?.type ?? "custom";
  const queue = await connect(options).request(Queue, `/api/v1/queues/${encodeURIComponent(name)}/pause`, {
    method: "POST",
    json: { type, action },
  });
  if (formatOf(options) === "json") return printJson(queue);
  print(`${queue.name} is ${queue.paused ? "paused: what runs goes on, nothing new starts" : "going on"}.`);
}

export async function tokens(options: ServerOptions & { status?: string; tag?: string[]; after?: string }): Promise<void> {
  const query = new URLSearchParams({ "page[size]": "50" });
  if (options.status !== undefined) query.set("filter[status]", options.status.toUpperCase());
  if (options.tag !== undefined) query.set("filter[tags]", options.tag.join(","));
  if (options.after !== undefined) query.set("page[after]", options.after);
  const page = await connect(options).request(TokenPage, "/api/v1/waitpoints/tokens", { query });
  if (formatOf(options) === "json") return printJson(page);
  if (page.data.length === 0) return print("No wait tokens.");
  printTable(
    ["token", "status", "created", "times out", "tags"],
    page.data.map((one) => [one.id, one.status, one.createdAt, one.timeoutAt ?? "", (one.tags ?? []).join(" ")]),
  );
  if (page.pagination.next !== undefined) print(`\nolder ones: --after ${page.pagination.next}`);
}

export async function completeToken(id: string, argument: string | undefined, options: ServerOptions & { file?: string }): Promise<void> {
  if (id === "-") throw usage("Name the token, then give its answer.");
  const data = await readPayload(argument, options.file);
  await connect(options).request(z.object({ success: z.boolean() }), `/api/v1/waitpoints/tokens/${encodeURIComponent(id)}/complete`, {
    method: "POST",
    json: data === undefined ? {} : { data },
  });
  if (formatOf(options) === "json") printJson({ id });
  else print(`${id} is answered.`);
}
