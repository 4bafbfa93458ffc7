import { expect, test } from "@playwright/test";
import { retrieve, trigger } from "./api";

test("a task's page shows its charts from real counts, its runs live, and leads to Test", async ({ page }) => {
  const done = await trigger("index-docs", {});
  await expect.poll(async () => (await retrieve(done)).status).toBe("COMPLETED");
  await page.goto("/tasks");
  const line = page.getByRole("row", { name: /index-docs/ });
  await expect(line).toContainText("task/index-docs");
  await line.getByRole("link", { name: "index-docs" }).click();

  await expect(page.getByText("a point per 15 minutes")).toBeVisible();
  await expect(page.locator(".recharts-bar-rectangle").first()).toBeAttached();
  const recent = page.getByRole("region", { name: "Recent runs" });
  await expect(recent).toContainText(done);
  const next = await trigger("index-docs", {});
  await expect(recent.getByRole("link", { name: new RegExp(next) })).toContainText("Completed");
  await page.getByRole("link", { name: "Test", exact: true }).last().click();
  await expect(page).toHaveURL(/\/test\?task=index-docs/);
});
