import { expect, test } from "@playwright/test";
import { ask, retrieve, unique } from "./api";

test("a schedule is made, run now, changed, stopped and deleted, and other tabs see it", async ({ page, context }) => {
  const key = unique("digest");
  await page.goto("/schedules");
  const declared = page.getByRole("row", { name: /nightly-digest/ }).filter({ hasText: "in code" });
  await expect(declared).toContainText("At 02:00 AM");
  await expect(declared).toContainText("Europe/Vienna");
  const other = await context.newPage();
  await other.goto("/schedules?task=nightly-digest");

  await page.getByRole("button", { name: "Create schedule" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Cron").fill("61 * * * *");
  await expect(dialog.getByRole("alert")).toContainText("minute");
  await dialog.getByLabel("Cron").fill("30 8 * * 1");
  await dialog.getByLabel("Time zone").fill("Asia/Tokyo");
  const next = dialog.getByRole("region", { name: "Next runs" });
  await expect(next).toContainText("At 08:30 AM, only on Monday");
  await expect(next.getByText(/Mon.*08:30 GMT\+9/)).toHaveCount(5);
  await dialog.getByLabel("Window").fill("often");
  await dialog.getByLabel("External id").fill(key);
  await dialog.getByRole("button", { name: "Create schedule" }).click();
  await expect(dialog.getByRole("alert")).toContainText("whole minutes or hours");
  await dialog.getByLabel("Window").fill("20%");
  await dialog.getByRole("button", { name: "Create schedule" }).click();
  await expect(dialog).toBeHidden();

  const line = page.getByRole("row").filter({ hasText: key });
  await expect(line).toContainText("30 8 * * 1");
  await expect(line).toContainText("Asia/Tokyo, within 20%");
  await expect(other.getByRole("row").filter({ hasText: key })).toBeVisible();
  const choose = async (item: string) => {
    await line.getByRole("button", { name: /Actions for the schedule/ }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };

  await choose("Edit");
  await page.getByRole("dialog").getByLabel("Cron").fill("0 6 L * *");
  await page.getByRole("dialog").getByRole("button", { name: "Save schedule" }).click();
  await expect(line).toContainText("At 06:00 AM, on the last day of the month");
  await choose("Deactivate");
  await expect(line).toContainText("inactive");
  await choose("Activate");
  await expect(line.getByText("active", { exact: true })).toBeVisible();

  await choose("Run now");
  await expect(page).toHaveURL(/\/runs\/run_/);
  const runId = page.url().split("/").at(-1)?.split("?")[0] ?? "";
  await expect.poll(async () => (await retrieve(runId)).status, { timeout: 30_000 }).toBe("COMPLETED");
  const { body: run } = await ask("GET", `/api/v3/runs/${runId}`);
  expect(run.schedule).toMatchObject({ externalId: key });
  await expect(other.getByRole("row").filter({ hasText: key })).toContainText("run by hand");

  await page.goto("/schedules");
  await choose("Delete");
  await page.getByRole("button", { name: "Delete schedule" }).click();
  await expect(line).toHaveCount(0);
  await expect(other.getByRole("row").filter({ hasText: key })).toHaveCount(0);
});

test("the Test page gives a scheduled task what a tick gives", async ({ page }) => {
  await page.goto("/test?task=nightly-digest");
  const payload = page.getByRole("region", { name: "Payload" });
  for (const name of ["timestamp", "lastTimestamp", "timezone", "externalId"])
    await expect(payload.getByLabel(name, { exact: false }).first()).toBeVisible();
  await page.getByRole("button", { name: "Run nightly-digest" }).click();
  await expect(page).toHaveURL(/run=run_/);
  const runId = new URL(page.url()).searchParams.get("run") ?? "";
  await expect.poll(async () => (await retrieve(runId)).status, { timeout: 30_000 }).toBe("COMPLETED");
  const { body: run } = await ask("GET", `/api/v3/runs/${runId}`);
  expect(run.payload).toMatchObject({ scheduleId: "sched_1234", timezone: "UTC" });
});
