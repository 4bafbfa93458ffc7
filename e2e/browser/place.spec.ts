import { expect, test, type Page } from "@playwright/test";
import { ask, delayedRuns, unique } from "./api";
import { expectNotReloaded, openLive } from "./live-page";

const rows = (page: Page) => page.locator("tr[data-run]");
const list = (page: Page) => page.getByRole("treegrid", { name: "Runs" });
const scrollTop = (page: Page) => list(page).evaluate((grid) => grid.parentElement?.scrollTop);
const openRun = (page: Page, id: string) => expect(page.locator(`[data-run-page="${id}"]`)).toBeVisible();

const newest = async (tag: string, count: number) =>
  (await ask("GET", `/api/v1/runs?filter%5Btag%5D=${tag}&page%5Bsize%5D=${count}`)).body.data.map((run) => run.id);

test("back from a run leads to the same place of the same list, and the crumb to its filter", async ({ page }) => {
  const tag = unique("place");
  await delayedRuns(tag, 90);
  const ids = await newest(tag, 90);
  await openLive(page, `/runs?tag=${tag}`);
  await expect(rows(page).first()).toBeVisible();
  await list(page).evaluate((grid) => grid.parentElement?.scrollTo({ top: 1_500 }));
  await expect(list(page)).toHaveAttribute("aria-rowcount", "91");
  const chosen = ids[50] ?? "";
  await page.locator(`tr[data-run="${chosen}"]`).getByRole("link").click();
  await openRun(page, chosen);
  await expect(page).toHaveTitle("Delayed: index-docs · Signalbox");
  await expect(page.getByText("51 of 90")).toBeVisible();

  await page.goBack();
  await expect(page.locator(`tr[data-run="${chosen}"]`)).toBeVisible();
  await expect.poll(() => scrollTop(page)).toBe(1_500);
  await expect(list(page)).toHaveAttribute("aria-rowcount", "91");
  await expect(page).toHaveTitle("Runs · Signalbox");

  await page.locator(`tr[data-run="${chosen}"]`).getByRole("link").click();
  await openRun(page, chosen);
  await page.getByRole("banner").getByRole("link", { name: "Runs", exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/runs\\?tag=${tag}$`));
  await expect(page.locator(`tr[data-run="${chosen}"]`)).toBeVisible();
  await expectNotReloaded(page);
});

test("one key leads to the next run of the list, and back to the list with the cursor there", async ({ page }) => {
  const tag = unique("steps");
  await delayedRuns(tag, 60);
  const ids = await newest(tag, 60);
  await openLive(page, `/runs?tag=${tag}`);
  await expect(rows(page).first()).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await openRun(page, ids[0] ?? "");
  await page.keyboard.press(".");
  await openRun(page, ids[1] ?? "");
  await page.keyboard.press(".");
  await openRun(page, ids[2] ?? "");
  await page.keyboard.press(",");
  await openRun(page, ids[1] ?? "");
  await page.goBack();
  await expect(list(page)).toHaveAttribute("aria-activedescendant", `row-${ids[1]}`);
  await expectNotReloaded(page);
});
