import { mkdirSync } from "node:fs";
import type { Cleanup } from "../cleanup";
import type { Options } from "../options";
import type { Results } from "../results";
import { queueRows } from "../rows/queue-rows";
import type { Line } from "../rows/row";
import { openBrowser } from "./browser";
import { fanOutLines, measureFanOut } from "./fan-out";
import { measurePages, pageLines } from "./pages";
import { measurePixel, pixelLines } from "./pixel";
import { connectToProduct, seedFinishedRuns } from "./seed";
import { startProduct, type ProductServer } from "./server";
import { productName, productSubject } from "./subject";

interface Measuring {
  options: Options;
  results: Results;
  cleanup: Cleanup;
  folder: string;
}

export async function measureProduct(measuring: Measuring): Promise<void> {
  const { options, results, folder } = measuring;
  const scope = measuring.cleanup.scope();
  mkdirSync(folder, { recursive: true });
  try {
    const server = await startProduct(folder);
    scope.add(server.stop);
    const subject = productSubject(server);
    scope.add(subject.close);
    const runId = await subject.runOnce();
    const client = await connectToProduct(folder);
    scope.add(() => client.end());
    if (options.stored > 0) {
      console.log(`storing ${options.stored.toLocaleString("en-US")} finished runs`);
      await seedFinishedRuns(client, { runId, count: options.stored });
    }
    await client.end();
    results.describe(productName, `${subject.settings}${options.stored > 0 ? `; ${options.stored.toLocaleString("en-US")} finished runs stored` : ""}`);
    for (const row of queueRows) await results.row(row, subject);
    await results.step("fanout", { subject: productName, lines: fanOutLines, limitMs: 60_000 }, () => measureFanOut(server, options.scale));
    if (options.rows.has("pages") || options.rows.has("pixel")) await measureBrowser({ ...measuring, cleanup: scope }, server);
    await subject.close();
    await server.stop();
    await measureStartup(measuring, server);
  } catch (error) {
    results.problem(productName, error);
  } finally {
    await scope.run();
  }
}

async function measureBrowser({ options, results, cleanup }: Measuring, server: ProductServer): Promise<void> {
  try {
    const context = await openBrowser(server, cleanup);
    const about = { subject: productName, limitMs: 120_000 };
    await results.step("pages", { ...about, lines: pageLines }, () => measurePages(context, server));
    await results.step("pixel", { ...about, lines: pixelLines }, () => measurePixel(context, server, options.scale));
  } catch (error) {
    results.problem("browser", error);
  }
}

const startup: Omit<Line, "figures">[] = [
  { name: "first start until ready (empty data folder)", unit: "s", better: "lower", bar: 90 },
  { name: "later start until ready", unit: "s", better: "lower", bar: 5 },
];

async function measureStartup({ results, folder, cleanup }: Measuring, first: ProductServer): Promise<void> {
  await results.step("startup", { subject: productName, lines: startup, limitMs: 120_000 }, async () => {
    const again = await startProduct(folder, first.secretKey);
    cleanup.add(again.stop);
    await again.stop();
    return new Map([
      ["first start until ready (empty data folder)", { value: first.readyMs / 1_000, note: "with the build, where it was stale" }],
      ["later start until ready", { value: again.readyMs / 1_000 }],
    ]);
  });
}
