import { expect, test } from "@playwright/test";
import { admin } from "../global-setup";
import { ask, retrieve, trigger } from "./api";

const row = /task\/check-headings/;
const resume = () => ask("POST", "/api/v1/queues/check-headings/pause", { body: { type: "task", action: "resume" } });

test.afterEach(async () => {
  await resume();
});

test("a paused queue says who paused it and holds its runs until it is resumed", async ({ page }) => {
  await page.goto("/queues");
  const line = page.getByRole("row", { name: row });
  await line.getByRole("button", { name: "Actions for queue task/check-headings" }).click();
  await page.getByRole("menuitem", { name: "Pause queue" }).click();
  await page.getByRole("button", { name: "Pause queue" }).click();

  const banner = page.getByRole("region", { name: "Queue task/check-headings is paused" });
  await expect(banner).toContainText(`paused by ${admin.email}`);
  await expect(banner).toContainText("No run waits in it");
  const run = await trigger("check-headings", { folder: "trigger/data/docs" });
  await expect(banner).toContainText("1 run waits until it is resumed");
  await expect(line).toContainText("1");
  expect((await retrieve(run)).status).toBe("QUEUED");

  await banner.getByRole("button", { name: "Resume queue" }).click();
  await expect(banner).toBeHidden();
  await expect.poll(async () => (await retrieve(run)).status).toBe("COMPLETED");
});

test("a limit can be set and reset, and nonsense is refused beside the field", async ({ page }) => {
  await page.goto("/queues");
  const line = page.getByRole("row", { name: row });
  const openDialog = async () => {
    await line.getByRole("button", { name: "Actions for queue" }).click();
    await page.getByRole("menuitem", { name: "Change limit" }).click();
  };
  await openDialog();
  await page.getByLabel("Runs at once").fill("many");
  await page.getByRole("button", { name: "Set limit" }).click();
  await expect(page.getByText("Write a whole number")).toBeVisible();
  await page.getByLabel("Runs at once").fill("3");
  await page.getByRole("button", { name: "Set limit" }).click();
  await expect(line).toContainText("/ 3");
  await openDialog();
  await page.getByRole("button", { name: "Reset to the code's" }).click();
  await expect(line).toContainText("/ ∞");
});
