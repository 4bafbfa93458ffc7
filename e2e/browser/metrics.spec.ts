import { expect, test } from "@playwright/test";
import { retrieve, trigger } from "./api";

test("metrics follow what ends, and a part of a chart leads to its runs", async ({ page }) => {
  await page.goto("/insights?hours=1&task=check-headings");
  const run = await trigger("check-headings", { folder: "trigger/data/docs" });
  await expect.poll(async () => (await retrieve(run)).status).toBe("COMPLETED");
  // Nothing is reloaded: the socket says that runs changed.
  const row = page.getByRole("row", { name: /check-headings/ });
  await expect(row).toBeVisible({ timeout: 20_000 });

  await row.getByRole("link").first().click();
  await expect(page).toHaveURL(/\/runs\?task=check-headings&finished=/);
  await page.goBack();

  const box = await page.getByRole("img", { name: /runs? ended/ }).boundingBox();
  if (box === null) throw new Error("the chart is not there");
  await page.mouse.move(box.x + 5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 5, box.y + 20, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/\/runs\?task=check-headings&finished=/);
  await expect(page.getByText(run.slice(-4)).first()).toBeVisible();
});

test("a queue's keys are told where they wait", async ({ page }) => {
  await page.goto("/queues");
  await page.getByRole("button", { name: "Concurrency keys of queue task/check-headings" }).click();
  await expect(page.getByText("Nothing waits or runs in it now.")).toBeVisible();
});
