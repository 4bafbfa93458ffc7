import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Final, FinalBatch, FinalRun, FinalToken, Request } from "./witnesses";

const Json = z.record(z.string(), z.unknown());
const RunsPage = z.object({
  data: z.array(z.object({ id: z.string(), status: z.string(), isCompleted: z.boolean() })),
  pagination: z.object({ next: z.string().optional() }),
});
const Retrieved = z.object({
  id: z.string(),
  taskIdentifier: z.string(),
  status: z.string(),
  attemptCount: z.number(),
  payload: z.object({ n: z.number(), slot: z.string().optional(), item: z.number().optional(), fails: z.boolean().optional() }),
  output: z.unknown().optional(),
  error: z.object({ name: z.string().optional() }).optional(),
  metadata: Json.optional(),
  relatedRuns: z.object({ parent: z.object({ id: z.string() }).optional() }),
});
const Events = z.object({ events: z.array(z.object({ version: z.number(), type: z.string(), at: z.string(), data: Json.optional() })) });
const Token = z.object({ id: z.string(), status: z.string(), output: z.string().optional() });
const Batch = z.object({ id: z.string(), status: z.string(), runCount: z.number(), runs: z.array(z.string()) });
const Queues = z.object({ data: z.array(z.object({ name: z.string(), queued: z.number(), running: z.number() })) });

export type Api = ReturnType<typeof openApi>;

/** Reading calls. */
export function openApi(of: { origin: string; secretKey: string }) {
  const headers = { authorization: `Bearer ${of.secretKey}`, "x-trigger-api-version": "2025-07-16" };
  async function text(path: string): Promise<string> {
    const response = await fetch(of.origin + path, { headers, signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
    return response.text();
  }
  const json = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => schema.parse(JSON.parse(await text(path)));

  /** Every run there is, newest first. */
  async function listRuns(): Promise<{ id: string; status: string; isCompleted: boolean }[]> {
    const runs: { id: string; status: string; isCompleted: boolean }[] = [];
    for (let after = ""; ;) {
      const page = await json(`/api/v1/runs?page[size]=100${after}`, RunsPage);
      runs.push(...page.data);
      if (page.pagination.next === undefined) return runs;
      after = `&page[after]=${page.pagination.next}`;
    }
  }
  return { text, json, listRuns };
}

/** Waits until every run is final and nothing is counted as going on; null: that took too long, and `left` says what is left. */
export async function drained(api: Api, withinMs: number): Promise<{ left: string[] }> {
  const end = Date.now() + withinMs;
  for (;;) {
    const open = (await api.listRuns()).filter((run) => !run.isCompleted).map((run) => `${run.id} ${run.status}`);
    const counts = Object.entries(await readDepths(api))
      .filter(([, count]) => count !== 0)
      .map(([name, count]) => `${name} ${count}`);
    const left = [...open, ...counts];
    if (left.length === 0 || Date.now() > end) return { left };
    await sleep(500);
  }
}

const readers = 16;

export async function readFinal(api: Api, requests: readonly Request[]): Promise<Final> {
  const listed = await api.listRuns();
  const ids = new Set([
    ...listed.map((run) => run.id),
    ...requests.flatMap((request) => (request.op === "trigger" && request.id !== undefined ? [request.id] : [])),
  ]);
  const runs = await each([...ids], (id) => readRun(api, id));
  const tokens = await each(targets(requests, "answer"), async (id): Promise<FinalToken> => {
    const token = await api.json(`/api/v1/waitpoints/tokens/${id}`, Token);
    return { id, status: token.status, ...(token.output !== undefined && { output: JSON.parse(token.output) as unknown }) };
  });
  const batches = await each(targets(requests, "items"), (id): Promise<FinalBatch> => api.json(`/api/v2/batches/${id}`, Batch));
  return { runs: runs.filter((run) => run !== null), tokens, batches, depths: await readDepths(api) };
}

const targets = (requests: readonly Request[], op: Request["op"]) => [
  ...new Set(requests.flatMap((request) => (request.op === op && request.target !== undefined ? [request.target] : []))),
];

/** Null: it is not there. */
async function readRun(api: Api, id: string): Promise<FinalRun | null> {
  const found = await api.json(`/api/v3/runs/${id}`, Retrieved).catch((error: unknown) => {
    if (String(error).includes("answered 404")) return null;
    throw error;
  });
  if (found === null) return null;
  const { payload, output, metadata, error } = found;
  const { events } = await api.json(`/api/v1/runs/${id}/events`, Events);
  return {
    id,
    task: found.taskIdentifier,
    status: found.status,
    attempts: found.attemptCount,
    n: payload.n,
    events: events.map(({ data, ...event }) => ({ ...event, ...(data !== undefined && { data }) })),
    ...(payload.slot !== undefined && { slot: payload.slot }),
    ...(payload.item !== undefined && { item: payload.item }),
    ...(payload.fails !== undefined && { fails: payload.fails }),
    ...(found.relatedRuns.parent !== undefined && { parent: found.relatedRuns.parent.id }),
    ...(output !== undefined && { output }),
    ...(error?.name !== undefined && { errorName: error.name }),
    ...(metadata !== undefined && { metadata }),
    ...(found.taskIdentifier === "streamer" && { chunks: await readStream(api, id, "numbers") }),
  };
}

/** A stream of a final run ends by itself. Chunks by index; what is missing is undefined. */
async function readStream(api: Api, id: string, key: string): Promise<unknown[]> {
  const chunks: unknown[] = [];
  for (const event of (await api.text(`/realtime/v1/streams/${id}/${key}`)).split("\n\n")) {
    const [, index, data] = /^id: (\d+)\ndata: (.*)$/.exec(event) ?? [];
    if (index !== undefined && data !== undefined) chunks[Number(index)] = JSON.parse(data);
  }
  return chunks;
}

async function readDepths(api: Api): Promise<Record<string, number>> {
  const { data } = await api.json("/api/v1/queues?perPage=100", Queues);
  const metrics = await api.text("/metrics");
  const counted = [...metrics.matchAll(/^signalbox_(runs|workers)\{(?:status|state)="(\w+)"\} (\d+)$/gm)]
    .filter(([, , label]) => label !== "processes" && label !== "ready")
    .map(([, name, label, value]) => [`${name} ${label}`, Number(value)] as const);
  return Object.fromEntries([
    ...data.flatMap((queue) => [[`${queue.name} queued`, queue.queued] as const, [`${queue.name} running`, queue.running] as const]),
    ...counted,
  ]);
}

async function each<In, Out>(items: readonly In[], read: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) results[at] = await read(item);
    }
  };
  await Promise.all(Array.from({ length: readers }, work));
  return results;
}
