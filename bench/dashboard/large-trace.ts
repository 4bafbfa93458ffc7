import { setTimeout as delay } from "node:timers/promises";
import type { BrowserContext } from "@playwright/test";
import type { Client } from "pg";
import type { ProductServer } from "../product/server";
import { heardIn, listen, scrolled } from "./in-page";

const lineHeight = 28;
const perGroup = 500;

/** Spans of a finished run, a line when each opens and one when it closes, in groups below the run; one in a thousand failed. */
export async function seedTrace(client: Client, runId: string, spans: number): Promise<void> {
  await client.query("update run set finished_at = started_at + interval '60 s', updated_at = started_at + interval '60 s' where id = $1", [
    runId,
  ]);
  await client.query(
    `insert into run_trace (run_id, seq, at, attempt, kind, span_id, parent_id, name, started_at, ended_at, is_error, icon)
     select $1, 1000 + n * 2 + closes, now(), 1, 'span', 'made' || n, case when n % $3 = 0 then null else 'made' || (n - n % $3) end,
            case when n % $3 = 0 then 'group ' || n / $3 else 'step ' || n end, run.started_at + n * interval '1 ms',
            case when closes = 1 then run.started_at + n * interval '1 ms' + (1 + n % 400) * interval '1 ms' end, case when closes = 1 and n % 1000 = 7 then true end, 'custom'
       from generate_series(0, $2::int - 1) n, generate_series(0, 1) closes, run where run.id = $1`,
    [runId, spans, perGroup],
  );
}

/** How a page with so many spans opens, scrolls and is searched. */
export async function measureTrace(
  context: BrowserContext,
  server: ProductServer,
  { runId, spans }: { runId: string; spans: number },
): Promise<Record<string, string>> {
  const page = await context.newPage();
  await listen(page);
  const from = performance.now();
  await page.goto(`/runs/${runId}`);
  await page.locator("[data-span]").nth(5).waitFor();
  const firstMs = performance.now() - from;
  await page.waitForFunction((height) => (document.querySelector("[role=tree]")?.clientHeight ?? 0) >= height, spans * lineHeight, {
    timeout: 120_000,
  });
  const wholeMs = performance.now() - from;
  await delay(1_000);
  const opened = await heardIn(page);
  const frames = await scrolled(page, { selector: "[role=tree]", ms: 3_000, px: 900 });
  const search = page.getByRole("searchbox", { name: "Find spans" });
  const before = await heardIn(page);
  const typed = performance.now();
  await search.pressSequentially("step 49", { delay: 60 });
  await page.waitForFunction(
    () =>
      document.querySelector("output[aria-label='Spans found']")?.textContent !== "" &&
      document.querySelector("output[aria-label='Spans found']")?.textContent !== undefined,
  );
  const foundMs = performance.now() - typed;
  await delay(1_500);
  const after = await heardIn(page);
  await page.close();
  const inputs = after.inputs.slice(before.inputs.length);
  return {
    "first rows, ms": firstMs.toFixed(0),
    "all spans there, ms": wholeMs.toFixed(0),
    "longest task while it opened, ms": Math.max(0, ...opened.longTasks).toFixed(0),
    "tasks over 50 ms while it opened, together": `${opened.longTasks.reduce((a, b) => a + b, 0).toFixed(0)} ms in ${opened.longTasks.length}`,
    "scrolling 900 px a frame": `${frames.rate.toFixed(0)} frames/s, longest ${frames.longestMs.toFixed(0)} ms`,
    "seven keys of a search": `${foundMs.toFixed(0)} ms, slowest key ${Math.max(0, ...inputs).toFixed(0)} ms`,
  };
}
