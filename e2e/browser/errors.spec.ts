import { expect, test, type Page } from "@playwright/test";
import { retrieve, trigger, unique } from "./api";
import { expectNotReloaded, openLive } from "./live-page";

/** Fails for good: the file is never there. */
const failing = (tag: string) => trigger("flaky-step", { file: `no/such/${tag}` }, { tags: [tag] });
const fails = (id: string) => expect.poll(async () => (await retrieve(id)).status, { timeout: 60_000 }).toBe("FAILED");
const state = (page: Page) => page.locator("header [data-status]");

test("failures that are the same are one error: found from a run, followed live, decided on, replayed", async ({ page }) => {
  const tag = unique("error");
  const first = await failing(tag);
  await fails(first);
  await openLive(page, `/runs/${first}`);
  await page.getByRole("link", { name: /^Seen / }).click();
  await expect(page.getByRole("region", { name: "Newest occurrence" })).toContainText("Stack");
  await expect(page.getByRole("region", { name: "Newest occurrence" }).getByRole("link", { name: tag })).toBeVisible();
  await expect(page.getByRole("region", { name: "Runs" })).toContainText(first);

  const second = await failing(tag);
  await fails(second);
  await expect(page.getByRole("region", { name: "Runs" })).toContainText(second);
  await expect(page.getByRole("region", { name: "Newest occurrence" }).getByRole("link", { name: second })).toBeVisible();
  await expectNotReloaded(page);

  await page.getByRole("button", { name: "Ignore…" }).click();
  await page.getByRole("dialog").getByLabel("How long").selectOption("Until it is seen 100 more times");
  await page.getByRole("dialog").getByLabel("Reason").fill("known");
  await page.getByRole("dialog").getByRole("button", { name: "Ignore" }).click();
  await expect(state(page)).toHaveText("Ignored");
  await expect(page.getByText(/until it is seen 100 more times: known/)).toBeVisible();
  await page.getByRole("button", { name: "Open again" }).click();
  await expect(state(page)).toHaveText("Open");
  await page.getByRole("button", { name: "Resolve" }).click();
  await expect(state(page)).toHaveText("Resolved");

  const line = page.locator("tr[data-error]").filter({ hasText: "flaky-step" }).first();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Errors" }).click();
  await page.getByRole("radio", { name: "Resolved" }).check();
  await expect(line).toBeVisible();
  await line.getByRole("link").click();
  await page.getByRole("button", { name: "Replay all of these" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Replay \d+ runs?$/ })
    .click();
  await expect(page.locator("[data-status=COMPLETED]")).toHaveText("Done");
});
