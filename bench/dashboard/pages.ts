import { setTimeout as delay } from "node:timers/promises";
import type { BrowserContext } from "@playwright/test";
import type { ProductServer } from "../product/server";
import { spread } from "../stats";
import { heardIn, listen, scrolled } from "./in-page";

const links: readonly [name: string, path: string][] = [
  ["Tasks", "/tasks"],
  ["Errors", "/errors"],
  ["Queues", "/queues"],
  ["Runs", "/runs"],
  ["Schedules", "/schedules"],
  ["Batches", "/batches"],
];

/** From the press of a link of the sidebar to the frame in which the page's own content stands, with the data of its list. */
export async function measureRoutes(context: BrowserContext, rounds: number): Promise<Record<string, string>> {
  const page = await context.newPage();
  await page.goto("/runs");
  await page.locator("[data-freshness=live]").waitFor();
  await page.locator("html[data-parts=here]").waitFor({ timeout: 60_000 });
  const taken = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, path] of links) {
      const link = page
        .getByRole("navigation")
        .first()
        .getByRole("link", { name: new RegExp(`^${name}`) })
        .first();
      await link.hover();
      await delay(100);
      const ms = await link.evaluate(
        (element: HTMLElement, wanted) =>
          new Promise<number>((done, failed) => {
            const from = performance.now();
            const main = () => document.querySelector("main");
            const before = main()?.textContent;
            const look = () => {
              const shown =
                location.pathname === wanted &&
                main()?.textContent !== before &&
                main()?.querySelector("output[aria-label^=Loading]") === null;
              if (performance.now() - from > 20_000) failed(new Error(`${wanted} was not there after 20 s`));
              else if (shown) requestAnimationFrame(() => setTimeout(() => done(performance.now() - from)));
              else requestAnimationFrame(look);
            };
            element.click();
            requestAnimationFrame(look);
          }),
        path,
      );
      taken.set(path, [...(taken.get(path) ?? []), ms]);
      await delay(200);
    }
  }
  await page.close();
  const all = spread([...taken.values()].flat());
  return {
    "route change, p50 / p95": `${all.p50.toFixed(0)} / ${all.p95.toFixed(0)} ms of ${all.n}`,
    ...Object.fromEntries([...taken].map(([path, values]) => [`  to ${path}, p50`, `${spread(values).p50.toFixed(0)} ms`])),
  };
}

/** How far the content of each page moved by itself until it stood. */
export async function measureShifts(context: BrowserContext, paths: readonly string[]): Promise<Record<string, string>> {
  const shifts: [string, number][] = [];
  for (const path of paths) {
    const page = await context.newPage();
    await listen(page);
    await page.goto(path);
    await page.locator("[data-freshness=live]").waitFor();
    await delay(1_500);
    shifts.push([path, (await heardIn(page)).shift]);
    await page.close();
  }
  return {
    "layout shift, worst page": shifts
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, 3)
      .map(([path, shift]) => `${path} ${shift.toFixed(4)}`)
      .join(", "),
  };
}

const parallel = 8;

/** Frames of the list while the metadata of the runs on the screen change as fast as the server takes it. */
export async function measureUpdates(context: BrowserContext, server: ProductServer, ms: number): Promise<Record<string, string>> {
  const headers = { authorization: `Bearer ${server.secretKey}`, "content-type": "application/json" };
  const ask = (method: string, path: string, body: unknown) =>
    fetch(`${server.url}${path}`, { method, headers, body: JSON.stringify(body) });
  const ids: string[] = [];
  for (let n = 0; n < 20; n += 1) {
    const made: unknown = await (
      await ask("POST", "/api/v1/tasks/noop/trigger", { payload: {}, options: { delay: "24h", tags: ["updated"] } })
    ).json();
    ids.push(String(Object(made).id));
  }
  const page = await context.newPage();
  await listen(page);
  await page.goto("/runs?tag=updated");
  await page.locator("[data-freshness=live]").waitFor();
  await page.locator("tr[data-run]").nth(19).waitFor();
  let [sent, ended] = [0, false];
  const writers = Array.from({ length: parallel }, async (_, writer) => {
    for (let n = writer; !ended; n += parallel) {
      await (
        await ask("PUT", `/api/v1/runs/${ids[n % ids.length]}/metadata`, { metadata: { progress: (n % 100) / 100, status: `step ${n}` } })
      ).arrayBuffer();
      sent += 1;
    }
  });
  const shownBefore = await page.locator("tr[data-run]").first().innerText();
  const frames = await scrolled(page, { selector: "main", ms, px: 0 });
  ended = true;
  await Promise.all(writers);
  await delay(500);
  if ((await page.locator("tr[data-run]").first().innerText()) === shownBefore) throw new Error("the rows did not change");
  await page.close();
  return {
    "rows that change": `${((sent * 1_000) / ms).toFixed(0)}/s, ${frames.rate.toFixed(0)} frames/s, longest ${frames.longestMs.toFixed(0)} ms`,
  };
}
