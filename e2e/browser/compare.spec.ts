import { expect, test, type Page } from "@playwright/test";
import { ask, retrieve, trigger, unique } from "./api";
import { openLive } from "./live-page";

const tab = (page: Page, name: string) => page.getByRole("tab", { name });
const completes = (id: string) => expect.poll(async () => (await retrieve(id)).status).toBe("COMPLETED");

test("a run is put beside the last success: payload, output and spans, and its bars beside what is usual", async ({ page }) => {
  const title = unique("Compared");
  let last = "";
  for (let n = 0; n < 5; n += 1) {
    last = await trigger("stream-report", { title: `${title} ${n}`, secondsPerSection: 0.1 });
    await completes(last);
  }
  const id = await trigger("stream-report", { title: `${title} now`, secondsPerSection: 0.2 });
  await completes(id);
  await openLive(page, `/runs/${id}`);
  await page.keyboard.press("9");
  await expect(tab(page, "Compare")).toHaveAttribute("aria-selected", "true");
  const panel = page.getByRole("tabpanel");
  await expect(panel.getByRole("link").first()).toHaveAttribute("href", new RegExp(last));
  const payload = panel.getByRole("region", { name: "Payload" });
  await expect(payload).toContainText(`${title} now`);
  await expect(payload).toContainText(`${title} 4`);
  await expect(payload).toContainText("secondsPerSection");
  await expect(panel.getByRole("region", { name: "Trace" })).toContainText("Processor");
  // Five of them tell what is usual: the run's own outline and those of its spans.
  await expect(page.getByText(/outlines: usual of \d+ runs/)).toBeVisible();
  await expect(page.locator("[data-span=self] [data-usual]")).toHaveCount(1);
  expect(await page.locator("[data-usual]").count()).toBeGreaterThan(3);
});

test("an idempotency key shows its scope and expiry, and is reset after it was confirmed", async ({ page }) => {
  const key = unique("order");
  const options = { idempotencyKey: `hash-${key}`, idempotencyKeyOptions: { key, scope: "global" }, idempotencyKeyTTL: "1h" };
  const again = async () => (await ask("POST", "/api/v1/tasks/index-docs/trigger", { body: { payload: {}, options } })).body.id;
  const id = await again();
  await completes(id);
  await openLive(page, `/runs/${id}?tab=payload`);
  const section = page.getByRole("region", { name: "Idempotency key" });
  await expect(section).toContainText(key);
  await expect(section).toContainText("global: one for the task");
  await expect(section).toContainText("a trigger with it gets this run");
  expect(await again()).toBe(id);
  await section.getByRole("button", { name: "Reset key" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reset key" }).click();
  await expect(section).toContainText("the next trigger with it makes a new run");
  await expect(section.getByRole("button", { name: "Reset key" })).toHaveCount(0);
  expect(await again()).not.toBe(id);
  await page.goto("/audit");
  await expect(page.getByRole("main")).toContainText(`hash-${key}`);
});

test("logs of a run and of those below it stand under the waterfall, are filtered, and come while they are written", async ({ page }) => {
  const id = await trigger("import-orders", { rows: 1_000, rowsPerChunk: 500 });
  await openLive(page, `/runs/${id}`);
  await page.keyboard.press("l");
  const dock = page.getByRole("region", { name: "Logs of the run and the runs below it" });
  const log = dock.getByRole("log");
  await completes(id);
  // It wrote none itself: these are of the runs below it.
  await expect(log).toContainText("import-chunk");
  await expect(log).toContainText("rows rejected");
  await expect(dock).toContainText(/of \d+ runs/);
  await dock.getByLabel("Find in logs").fill("no line has this");
  await expect(dock).toContainText("No line fits.");
  expect(new URL(page.url()).searchParams.get("dock")).toBe("logs");
  await dock.getByLabel("Find in logs").fill("");
  await log.locator("button").first().click();
  await expect(log.getByRole("button", { name: "Copy message" })).toBeVisible();
  await dock.getByRole("button", { name: "Close logs" }).click();
  await expect(dock).toBeHidden();
});

test("metadata says when it changed", async ({ page }) => {
  const id = await trigger("stream-report", { title: unique("History"), secondsPerSection: 0.1 });
  await completes(id);
  await openLive(page, `/runs/${id}?tab=metadata`);
  await expect(page.getByRole("region", { name: "Changes of the metadata" })).toContainText(/Changed \d+ times?\. Kept are the times/);
});
