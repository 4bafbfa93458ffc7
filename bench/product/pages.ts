import { gzipSync } from "node:zlib";
import type { BrowserContext } from "@playwright/test";
import { z } from "zod";
import type { LineHead, Measured } from "../rows/row";
import type { ProductServer } from "./server";

export const pageLines: LineHead[] = [
  { name: "initial JS of the heaviest page, gzip", unit: "KB", better: "lower" },
  { name: "initial JS of the runs page, gzip", unit: "KB", better: "lower" },
];

export const pagePaths = [
  "/runs",
  "/errors",
  "/tasks",
  "/test",
  "/tokens",
  "/public-tokens",
  "/queues",
  "/schedules",
  "/batches",
  "/bulk",
  "/deployments",
  "/variables",
  "/environments",
  "/keys",
  "/team",
  "/account",
  "/audit",
  "/reference",
  "/insights",
  "/alerts",
  "/settings",
];

/** All scripts that a page has fetched when it has loaded, each compressed as the server would at its best level. */
export async function measurePages(context: BrowserContext, server: ProductServer): Promise<Measured> {
  const listed = await fetch(`http://127.0.0.1:${server.port}/api/v1/runs`, { headers: { authorization: `Bearer ${server.secretKey}` } });
  const [run] = z.object({ data: z.array(z.object({ id: z.string() })) }).parse(await listed.json()).data;
  const weights = new Map<string, number>();
  for (const path of run ? [...pagePaths, `/runs/${run.id}`] : pagePaths)
    weights.set(path.replace(/run_.*/, ":id"), await scriptKb(context, path));
  const note = [...weights].map(([path, kb]) => `${path} ${kb.toFixed(0)}`).join(", ");
  return new Map([
    ["initial JS of the heaviest page, gzip", { value: Math.max(...weights.values()), note }],
    ["initial JS of the runs page, gzip", { value: weights.get("/runs") ?? Number.NaN }],
  ]);
}

async function scriptKb(context: BrowserContext, path: string): Promise<number> {
  const page = await context.newPage();
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") sizes.push(response.body().then((body) => gzipSync(body, { level: 9 }).length));
  });
  const answer = await page.goto(path, { waitUntil: "load" });
  if (!answer?.ok() || new URL(page.url()).pathname !== path) throw new Error(`${path} answered ${answer?.status()} at ${page.url()}`);
  const total = (await Promise.all(sizes)).reduce((a, b) => a + b, 0);
  await page.close();
  return total / 1_000;
}
