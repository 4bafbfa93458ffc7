import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Cleanup } from "../cleanup";
import { openBrowser } from "../product/browser";
import { connectToProduct } from "../product/connect";
import { measurePages, pagePaths } from "../product/pages";
import { measurePixel } from "../product/pixel";
import { startProduct, type ProductServer } from "../product/server";
import { seedHistory } from "../seed/history";
import { spread } from "../stats";
import { measureTrace, seedTrace } from "./large-trace";
import { measureRoutes, measureShifts, measureUpdates } from "./pages";

const usage = `node bench/main.mjs dashboard/main.ts [options]: how the dashboard feels in Chromium, over a database with a history
  --runs N    runs of the history (200000)
  --spans N   spans of the large trace (50000)
  --only X    one of trace, routes, pixel, updates, scripts, shifts, filters`;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200000" },
    spans: { type: "string", default: "50000" },
    only: { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help === true) {
  console.log(usage);
  process.exit(0);
}
const [runs, spans] = [Number(values.runs), Number(values.spans)];

const filters = [
  "",
  "status=FAILED",
  "status=COMPLETED",
  "task=noop",
  "tag=vip",
  "tag=plan%3Afree",
  "queue=imports",
  "machine=large-2x",
  "isTest=true",
  "rootOnly=true&notStatus=COMPLETED",
];

/** First pages of lists, as the page asks for them. */
async function measureFilters(server: ProductServer, cookie: string): Promise<Record<string, string>> {
  const slowest = new Map<string, number>();
  for (const filter of filters) {
    const taken: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const from = performance.now();
      const answer = await fetch(`${server.url}/api/dashboard/runs?limit=50&${filter}`, { headers: { cookie } });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${filter} answered ${answer.status}`);
      taken.push(performance.now() - from);
    }
    slowest.set(filter === "" ? "no filter" : filter, spread(taken).p95);
  }
  const [worst = ["", 0]] = [...slowest].toSorted((a, b) => b[1] - a[1]);
  return { "first page of ten filters, slowest p95": `${worst[1].toFixed(0)} ms (${worst[0]})` };
}

const cleanup = new Cleanup();
try {
  const dataDir = await mkdtemp(join(tmpdir(), "signalbox-bench-"));
  cleanup.add(() => rm(dataDir, { recursive: true, force: true }));
  const server = await startProduct({ dataDir });
  cleanup.add(() => server.stop());
  const client = await connectToProduct(dataDir);
  cleanup.add(() => client.end());
  const { rows } = await client.query<{ id: string }>("select id from environment");
  await seedHistory(client, { envId: rows[0]?.id ?? "", runs, days: 14 });
  await client.query("analyze");
  const context = await openBrowser(server, cleanup);
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");

  const made: unknown = await (
    await fetch(`${server.url}/api/v1/tasks/noop/trigger`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.secretKey}`, "content-type": "application/json" },
      body: JSON.stringify({ payload: {} }),
    })
  ).json();
  const runId = String(Object(made).id);
  for (;;) {
    const { rows: found } = await client.query<{ status: string }>("select status from run where id = $1", [runId]);
    if (found[0]?.status === "COMPLETED") break;
    await delay(100);
  }
  await seedTrace(client, runId, spans);

  const measures: Record<string, () => Promise<Record<string, string>>> = {
    filters: () => measureFilters(server, cookie),
    trace: () => measureTrace(context, server, { runId, spans }),
    routes: () => measureRoutes(context, 5),
    pixel: async () =>
      Object.fromEntries(
        [...(await measurePixel(context, server, (n) => Math.round(n / 3)))].map(([name, { value }]) => [name, `${value.toFixed(0)} ms`]),
      ),
    updates: () => measureUpdates(context, server, 5_000),
    shifts: () => measureShifts(context, [...pagePaths, `/runs/${runId}`]),
    scripts: async () =>
      Object.fromEntries(
        [...(await measurePages(context, server))].map(([name, { value, note }]) => [name, `${value.toFixed(0)} KB ${note ?? ""}`]),
      ),
  };
  console.log(`${runs.toLocaleString("en-US")} runs, ${spans.toLocaleString("en-US")} spans in the large trace, ${server.version}`);
  for (const [name, measure] of Object.entries(measures)) {
    if (values.only !== undefined && values.only !== name) continue;
    for (const [line, value] of Object.entries(await measure())) console.log(`${line}: ${value}`);
  }
} finally {
  await cleanup.run();
}
