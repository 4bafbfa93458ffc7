import { expect, test, type Page } from "@playwright/test";
import { ask, delayedRuns, unique } from "./api";
import { expectNotReloaded, expectParts, freshness, openLive } from "./live-page";

const rows = (page: Page) => page.locator("tr[data-run]");
const arrivals = Number(process.env.BURST_RUNS ?? 2_000);
const perBatch = 500;

/** What the page asks for, and what breaks in it. */
function watchPage(page: Page) {
  const lists: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/dashboard/runs") lists.push(request.url());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  return { lists, errors };
}

/** Of what is in use when the garbage is gone, MB. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 2 ** 20;
}

test("an untouched list follows a burst: the newest stand at its top, hardly anything is asked for, and it stays short", async ({
  page,
}) => {
  test.setTimeout(60_000 + arrivals * 20);
  const tag = unique("burst");
  const seen = watchPage(page);
  await openLive(page, `/runs?tag=${tag}`);
  await expectParts(page);
  const before = await heapOf(page);
  for (let sent = 0; sent < arrivals; sent += perBatch) await delayedRuns(tag, perBatch);
  const count = page.getByRole("treegrid", { name: "Runs" });
  const newest = (await ask("GET", `/api/v1/runs?filter%5Btag%5D=${tag}&page%5Bsize%5D=10`)).body.data.map((run) => run.id);
  await expect
    .poll(
      async () =>
        (
          await rows(page).evaluateAll((all) =>
            all.toSorted((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map((row) => row.dataset.run),
          )
        ).slice(0, 10),
      { timeout: 20_000 },
    )
    .toEqual(newest);
  await expect(freshness(page)).toHaveAttribute("data-freshness", "live");
  // Five hundred rows and their heading, or one page where the list was read again.
  const stood = Number(await count.getAttribute("aria-rowcount"));
  expect([51, 501]).toContain(stood);
  expect(await rows(page).count()).toBeLessThan(60);
  expect(seen.errors).toEqual([]);
  // Read again only where more than a whole list came at once, on a machine that cannot keep up.
  expect(seen.lists.length).toBeLessThanOrEqual(2 + arrivals / perBatch);
  const grown = (await heapOf(page)) - before;
  test.info().annotations.push({ type: "heap", description: `${grown.toFixed(1)} MB after ${arrivals} arrivals` });
  expect(grown).toBeLessThan(30);

  // The rest is where it was: further down, read when somebody goes there.
  await count.evaluate((grid) => grid.parentElement?.scrollTo({ top: grid.scrollHeight }));
  await expect(count).toHaveAttribute("aria-rowcount", String(stood + 50));
  await expectNotReloaded(page);
});

test("a list that is held stands still in a burst, and takes it when it is let go", async ({ page }) => {
  const tag = unique("held-burst");
  const seen = watchPage(page);
  await delayedRuns(tag, 3);
  await openLive(page, `/runs?tag=${tag}`);
  await expect(rows(page)).toHaveCount(3);
  await rows(page).first().hover();
  for (let sent = 0; sent < 1_000; sent += perBatch) await delayedRuns(tag, perBatch);
  await expect(page.getByRole("button", { name: "500+ new", exact: true })).toBeVisible();
  await expect(rows(page)).toHaveCount(3);
  await page.getByRole("button", { name: "500+ new", exact: true }).click();
  await expect(page.getByRole("button", { name: /new$/ })).toHaveCount(0);
  await expect.poll(() => rows(page).count()).toBeGreaterThan(20);
  expect(seen.errors).toEqual([]);
  expect(seen.lists.length).toBeLessThanOrEqual(3);
});
