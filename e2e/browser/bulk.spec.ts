import { expect, test, type Page } from "@playwright/test";
import { admin } from "../global-setup";
import { ask, delayedRuns, unique } from "./api";
import { expectNotReloaded, openLive } from "./live-page";

const progress = (page: Page) => page.getByRole("region", { name: "Progress" });
const figure = (page: Page, name: string) => progress(page).locator("dl > div").filter({ hasText: name }).locator("dd").first();

test("all runs that match are canceled by the server, and what came of each is followed live", async ({ page }) => {
  const tag = unique("all");
  await delayedRuns(tag, 130);
  await openLive(page, `/runs?tag=${tag}`);
  await expect(page.locator("[data-total]")).toContainText("130 runs");
  await page.getByRole("checkbox", { name: "Select all loaded runs" }).click();
  await page.getByRole("button", { name: "Select all that match" }).click();
  await page.getByRole("button", { name: "Cancel 130" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(`Stop ${tag}`);
  await dialog.getByRole("button", { name: "Cancel 130 runs" }).click();
  await expect(page.getByText("Canceled 130 runs.")).toBeVisible();
  await page.getByRole("link", { name: "Show what came of each" }).click();

  await expect(page.getByRole("heading", { name: `Stop ${tag}` })).toBeVisible();
  await expect(page.locator("[data-status=COMPLETED]")).toHaveText("Done");
  await expect(figure(page, "Canceled")).toHaveText("130");
  await expect(progress(page)).toContainText(admin.email);
  await expect(page.locator("tr[data-item]")).toHaveCount(100);
  await page.getByRole("button", { name: "Show more" }).click();
  await expect(page.locator("tr[data-item]")).toHaveCount(130);

  await page.getByRole("link", { name: "Runs canceled" }).click();
  await expect(page.locator("[data-total]")).toContainText("130 runs");
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Bulk actions" }).click();
  await expect(page.getByRole("row", { name: `Stop ${tag}` })).toContainText("Done");
});

test("an action that another asks for shows up in the list by itself", async ({ page }) => {
  const name = unique("by-key");
  await openLive(page, "/bulk");
  const { status } = await ask("POST", "/api/v1/bulk-actions", { body: { action: "cancel", runIds: ["run_unknown"], name } });
  expect(status).toBe(202);
  await expect(page.getByRole("row", { name })).toContainText("Done");
  await page.getByRole("link", { name }).click();
  await expect(page.getByRole("list", { name: "Reasons" })).toContainText("There is no such run.");
  await expectNotReloaded(page);
});
