import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext } from "@playwright/test";
import type { Cleanup } from "../cleanup";
import { names } from "../names";
import type { Options } from "../options";
import type { Results } from "../results";
import { queueRows } from "../rows/queue-rows";
import { bareLines, measureBareHandler } from "./bare";
import { openBrowser } from "./browser";
import { fanOutLines, measureFanOut } from "./fan-out";
import { startupLines } from "./lines";
import { measurePages, pageLines } from "./pages";
import { measurePixel, pixelLines } from "./pixel";
import { measureShapes, shapeLines } from "./shapes";
import { seedHistory } from "../seed/history";
import { connectToProduct } from "./connect";
import { findCheckout, startProduct, type ProductServer } from "./server";
import { productSubject, type ProductSubject } from "./subject";
import { measureParents, measureWaits, parentLines, waitLines } from "./waiting-rows";

interface Measuring {
  options: Options;
  results: Results;
  cleanup: Cleanup;
  folder: string;
}

/** A server and what it is measured by. */
interface Candidate {
  server: ProductServer;
  subject: ProductSubject;
}

/** This build, and beside it, as is asked, an older one and one whose database is full. All stay up, at rest while another is measured. */
export async function measureProduct(measuring: Measuring): Promise<void> {
  const { options, results, folder } = measuring;
  const cleanup = measuring.cleanup.scope();
  try {
    const bare = { subject: names.product, measure: () => measureBareHandler(options.scale) };
    await results.step("bare", { lines: bareLines, limitMs: 60_000 }, [bare]);
    const open = (place: Place) => openCandidate({ ...measuring, cleanup }, place);
    const product = await open({ name: names.product, dataDir: join(folder, "p") });
    results.note(`published client, ${product.subject.clientHeaders}`);
    const candidates = [product];
    const { stored, base } = options;
    if (stored > 0) candidates.push(await open({ name: names.stored, dataDir: join(folder, "s"), stored }));
    if (base !== undefined) candidates.push(await open({ name: names.base, dataDir: join(folder, "b"), checkout: findCheckout(base) }));
    await measureCandidates({ ...measuring, cleanup }, candidates);
    await product.server.stop();
    await measureStartup({ ...measuring, cleanup }, { first: product.server, dataDir: join(folder, "p") });
  } catch (error) {
    results.problem(names.product, error);
  } finally {
    await cleanup.run();
  }
}

interface Place {
  name: string;
  dataDir: string;
  checkout?: string;
  stored?: number;
}

async function openCandidate({ results, cleanup }: Measuring, { name, dataDir, checkout, stored = 0 }: Place): Promise<Candidate> {
  mkdirSync(dataDir, { recursive: true });
  const server = await startProduct({ dataDir, ...(checkout !== undefined && { checkout }) });
  cleanup.add(server.stop);
  const subject = await productSubject(name, server);
  cleanup.add(subject.close);
  await subject.runOnce();
  const client = await connectToProduct(dataDir); // which must be durable
  try {
    const count = stored.toLocaleString("en-US");
    if (stored > 0) {
      console.log(`storing ${count} finished runs`);
      const { rows } = await client.query<{ id: string }>("select id from environment");
      await seedHistory(client, { envId: rows[0]?.id ?? "", runs: stored, days: 14 });
    }
    results.describe(name, `${subject.settings}${stored > 0 ? `; ${count} finished runs stored` : ""}`);
  } finally {
    await client.end();
  }
  return { server, subject };
}

async function measureCandidates(measuring: Measuring, candidates: readonly Candidate[]): Promise<void> {
  const { options, results } = measuring;
  const { scale } = options;
  const subjects = candidates.map(({ subject }) => subject);
  const each = (measure: (candidate: Candidate) => ReturnType<typeof measureFanOut>) =>
    candidates.map((candidate) => ({ subject: candidate.subject.name, measure: () => measure(candidate) }));

  for (const row of queueRows) await results.row(row, subjects);
  await results.step(
    "parents",
    { lines: parentLines, limitMs: 180_000 },
    each(({ subject }) => measureParents(subject, scale)),
  );
  await results.step(
    "waits",
    { lines: waitLines, limitMs: 240_000 },
    each(({ subject }) => measureWaits(subject, scale)),
  );
  await results.step(
    "fanout",
    { lines: fanOutLines, limitMs: 90_000 },
    each(({ server }) => measureFanOut(server, scale)),
  );
  await results.step(
    "shapes",
    { lines: shapeLines, limitMs: 150_000 },
    each(({ server }) => measureShapes(server, scale)),
  );
  if (options.rows.has("pages") || options.rows.has("pixel")) await measureBrowsers(measuring, candidates);
}

/** One browser a server: each is signed in on its own. */
async function measureBrowsers({ options, results, cleanup }: Measuring, candidates: readonly Candidate[]): Promise<void> {
  try {
    const opened: { subject: string; server: ProductServer; context: BrowserContext }[] = [];
    for (const { server, subject } of candidates) {
      opened.push({ subject: subject.name, server, context: await openBrowser(server, cleanup) });
    }
    const each = (measure: (context: BrowserContext, server: ProductServer) => ReturnType<typeof measurePages>) =>
      opened.map(({ subject, server, context }) => ({ subject, measure: () => measure(context, server) }));
    await results.step("pages", { lines: pageLines, limitMs: 120_000 }, each(measurePages));
    const pixel = each((context, server) => measurePixel(context, server, options.scale));
    await results.step("pixel", { lines: pixelLines, limitMs: 180_000 }, pixel);
  } catch (error) {
    results.problem("browser", error);
  }
}

async function measureStartup({ results, cleanup }: Measuring, { first, dataDir }: { first: ProductServer; dataDir: string }) {
  const measure = async () => {
    const again = await startProduct({ dataDir, secretKey: first.secretKey });
    cleanup.add(again.stop);
    await again.stop();
    return new Map([
      ["first start until ready (empty data folder)", { value: first.readyMs / 1_000, note: "with the build, where it was stale" }],
      ["later start until ready", { value: again.readyMs / 1_000 }],
    ]);
  };
  await results.step("startup", { lines: startupLines, limitMs: 120_000 }, [{ subject: names.product, measure }]);
}
