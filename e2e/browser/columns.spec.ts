import { expect, test, type Page } from "@playwright/test";
import { trigger, unique } from "./api";
import { openLive } from "./live-page";

const row = (page: Page, id: string) => page.locator(`tr[data-run="${id}"]`);
const cell = (page: Page, id: string, column: string) => row(page, id).locator(`[data-column="${column}"]`);
const names = (page: Page) => page.getByRole("treegrid", { name: "Runs" }).locator("thead th:visible").allInnerTexts();

test("columns are chosen, moved and kept, a value out of the metadata follows its run, and rows get lower", async ({ page }) => {
  const tag = unique("columns");
  await openLive(page, `/runs?tag=${tag}`);
  await page.getByRole("button", { name: "Columns", exact: true }).click();
  const panel = page.getByRole("dialog");
  await panel.getByLabel("A value of the run").fill("headers.a");
  await panel.getByRole("button", { name: "Add", exact: true }).click();
  await expect(panel.getByRole("alert")).toContainText("metadata, payload or output");
  for (const path of ["metadata.status", "payload.title"]) {
    await panel.getByLabel("A value of the run").fill(path);
    await page.keyboard.press("Enter");
  }
  await panel.getByRole("button", { name: "Add Queue" }).click();
  await panel.getByRole("button", { name: "Remove Run", exact: true }).click();
  await panel.getByRole("button", { name: "Move metadata.status to the left" }).press("Enter");
  await panel.getByText("Compact rows").click();
  await page.keyboard.press("Escape");

  const title = unique("<b>Title</b>");
  const id = await trigger("stream-report", { title, secondsPerSection: 0.3 }, { tags: [tag] });
  await expect(row(page, id)).toHaveAttribute("data-status", "COMPLETED");
  // What metadata says last comes by itself; what a payload holds is text, whatever it looks like.
  await expect(cell(page, id, "metadata.status")).toHaveText("done");
  await expect(cell(page, id, "payload.title")).toHaveText(title);
  await expect(cell(page, id, "queue")).toHaveText("task/stream-report");
  expect(await names(page)).toEqual([
    "",
    "Status",
    "Task",
    "Tags",
    "Progress",
    "Started",
    "metadata.status",
    "Took",
    "payload.title",
    "Queue",
  ]);
  expect((await row(page, id).boundingBox())?.height).toBe(28);

  // Of this browser; a link that brings columns of its own changes nothing of that.
  await page.goto(`/runs?tag=${tag}&col=task&col=attempts`);
  await expect(row(page, id)).toBeVisible();
  await expect.poll(() => names(page)).toEqual(["", "Task", "Attempts"]);
  await page.goto(`/runs?tag=${tag}`);
  await expect.poll(() => names(page)).toContain("payload.title");
});

test("runs are counted by task and by error, live, and a group leads to its runs", async ({ page }) => {
  const tag = unique("groups");
  const failed = await trigger("flaky-step", { file: "no/such/file" }, { tags: [tag] });
  await trigger("index-docs", {}, { tags: [tag] });
  await openLive(page, `/runs?tag=${tag}`);
  await expect(row(page, failed)).toHaveAttribute("data-status", "FAILED");
  await page.getByRole("button", { name: "Group", exact: true }).click();
  await page.getByRole("menuitemcheckbox", { name: "By task" }).click();
  const group = (key: string) => page.locator(`tr[data-group="${key}"]`);
  await expect(page.getByText("All 2 runs of the filter, by task.")).toBeVisible();
  await expect(group("index-docs")).toContainText("1");
  await trigger("index-docs", {}, { tags: [tag] });
  await expect(group("index-docs").getByRole("cell").nth(1)).toHaveText("2");

  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page.locator("tr[data-run]")).toHaveCount(2);
  expect(new URL(page.url()).searchParams.getAll("task")).toEqual(["index-docs"]);

  await page.goto(`/runs?tag=${tag}&group=error`);
  await expect(page.locator("tr[data-group]")).toHaveCount(1);
  await page.locator("tr[data-group] a").click();
  await expect(row(page, failed)).toBeVisible();
  await expect(page.locator("tr[data-run]")).toHaveCount(1);
});

test("on a phone the filters and what is done with the list take two lines", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const tag = unique("phone");
  await trigger("index-docs", {}, { tags: [tag] });
  await openLive(page, `/runs`);
  const bottom = async (name: string) => {
    const box = await page.getByRole("button", { name, exact: true }).boundingBox();
    return (box?.y ?? Number.NaN) + (box?.height ?? Number.NaN);
  };
  const filter = await page.getByRole("combobox", { name: "Filter runs" }).boundingBox();
  // One line below the other.
  expect((await bottom("Columns")) - (filter?.y ?? Number.NaN)).toBeLessThan(80);
  expect(Math.abs((await bottom("Columns")) - (await bottom("Status")))).toBeLessThan(8);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(await names(page)).toEqual(["", "Task", "Progress", "Took"]);
});
