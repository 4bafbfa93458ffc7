import { setTimeout as delay } from "node:timers/promises";
import type { BrowserContext, Page } from "@playwright/test";
import { z } from "zod";
import type { LineHead, Measured, Scale } from "../rows/row";
import { spread } from "../stats";
import type { ProductServer } from "./server";

export const pixelLines: LineHead[] = [
  { name: "commit → pixel in the runs list, p50", unit: "ms", better: "lower" },
  { name: "commit → pixel in the runs list, p95", unit: "ms", better: "lower" },
];

interface Painted {
  run: string;
  status: string;
  /** Epoch ms. */
  at: number;
}

const Events = z.object({ events: z.array(z.object({ type: z.string(), at: z.string() })) });
const eventOf: Record<string, string> = { EXECUTING: "started", COMPLETED: "completed" };

/**
 * One run at a time on the real page. From the time that the database gave the event (the start of its transaction,
 * so the commit itself is included) until the frame that shows it is painted.
 */
export async function measurePixel(context: BrowserContext, server: ProductServer, scale: Scale): Promise<Measured> {
  const page = await context.newPage();
  await page.addInitScript(watchRows);
  await page.goto("/runs");
  await page
    .getByText(/^live\b/i)
    .first()
    .waitFor({ timeout: 20_000 });
  const runs: string[] = [];
  for (let i = 0; i < scale(150); i++) {
    runs.push(await trigger(server));
    await delay(150 + Math.random() * 150);
  }
  await delay(1_000);
  const painted = await readPainted(page);
  await page.close();

  const latencies: number[] = [];
  for (const run of runs) {
    const { events } = Events.parse(await (await fetch(`http://127.0.0.1:${server.port}/api/v1/runs/${run}/events`, auth(server))).json());
    for (const { at, status } of painted.filter((change) => change.run === run)) {
      const event = events.find(({ type }) => type === eventOf[status]);
      if (event) latencies.push(at - Date.parse(event.at));
    }
  }
  const seen = new Set(painted.filter(({ status }) => status === "COMPLETED").map(({ run }) => run));
  const missing = runs.filter((run) => !seen.has(run));
  if (missing.length > 0) throw new Error(`${missing.length} of ${runs.length} runs were never shown as completed, first ${missing[0]}`);
  const { p50, p95, n } = spread(latencies);
  return new Map([
    ["commit → pixel in the runs list, p50", { value: p50, note: `${n} changes of ${runs.length} runs` }],
    ["commit → pixel in the runs list, p95", { value: p95 }],
  ]);
}

/** Runs in the page. A task after the animation frame is the first moment at which the frame has been produced. */
function watchRows(): void {
  const painted: Painted[] = [];
  Object.assign(window, { painted });
  const shown = new Map<string, string>();
  const look = () => {
    for (const row of document.querySelectorAll<HTMLElement>("[data-run]")) {
      const { run = "", status = "" } = row.dataset;
      if (shown.get(run) === status) continue;
      shown.set(run, status);
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.addEventListener("message", () => painted.push({ run, status, at: performance.timeOrigin + performance.now() }));
        port1.start();
        port2.postMessage(null);
      });
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-status"] });
}

const readPainted = (page: Page): Promise<Painted[]> => page.evaluate(() => (window as unknown as { painted: Painted[] }).painted); // put there by watchRows

const auth = (server: ProductServer) => ({ headers: { authorization: `Bearer ${server.secretKey}`, "content-type": "application/json" } });

async function trigger(server: ProductServer): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/tasks/short/trigger`, {
    method: "POST",
    body: "{}",
    ...auth(server),
  });
  return z.object({ id: z.string() }).parse(await response.json()).id;
}
