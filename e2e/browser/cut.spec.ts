import { expect, test, type Page } from "@playwright/test";
import { ask, trigger, unique } from "./api";
import { expectNotReloaded, expectParts, freshness, openLive } from "./live-page";

const rows = (page: Page) => page.locator("tr[data-run]");
const frozen = (page: Page) => page.locator("[data-frozen]");
const sleeper = (tag: string) => trigger("reminder", { to: "ada", message: "x", afterSeconds: [600] }, { tags: [tag] });

test("without a network the last good view stays, whatever is pressed, and goes on afterwards", async ({ page, context }) => {
  test.setTimeout(90_000);
  const tag = unique("cut");
  const ids = [await sleeper(tag), await sleeper(tag)];
  await openLive(page, `/runs?tag=${tag}`);
  await expect(rows(page)).toHaveCount(2);
  await expectParts(page);
  const address = page.url();
  const stays = async () => {
    await expect(rows(page)).toHaveCount(2);
    expect(page.url()).toBe(address);
  };

  await context.setOffline(true);
  await expect(frozen(page)).toContainText(/as of \d\d:\d\d:\d\d/);
  await expect(page.locator("main")).toHaveCSS("opacity", "0.55");

  // What floats opens: it was here before.
  await page.keyboard.press("ControlOrMeta+k");
  await expect(page.getByRole("dialog", { name: "Search and commands" })).toBeVisible();
  await page.keyboard.type("Tokens");
  await page.keyboard.press("Enter");
  await expect(page.getByText("The server does not answer", { exact: true }).first()).toBeVisible();
  await stays();
  await page.getByRole("button", { name: "Status", exact: true }).click();
  await expect(page.getByRole("menu")).toBeVisible();
  await page.keyboard.press("Escape");

  // What is chosen can be chosen; what cannot be done says so.
  await rows(page).first().getByRole("checkbox").click();
  await expect(page.getByRole("button", { name: /^Cancel 1/ })).toBeDisabled();
  await stays();

  // Links of the list and of the frame, and keys that lead away.
  await rows(page).last().getByRole("link").click();
  await stays();
  await page.getByRole("link", { name: "Queues" }).click();
  await stays();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await stays();
  await expectNotReloaded(page);

  await context.setOffline(false);
  await expect(frozen(page)).toHaveCount(0);
  await expect(freshness(page)).toHaveAttribute("data-freshness", /live|paused/);
  await expect(page.getByRole("button", { name: /^Cancel 1/ })).toBeEnabled();
  await page.getByRole("link", { name: "Queues" }).click();
  await expect(page).toHaveURL(/\/queues$/);
  await expectNotReloaded(page);
  for (const id of ids) await ask("POST", `/api/v2/runs/${id}/cancel`);
});

test("a part that could not be loaded opens when the server is back", async ({ page, context }) => {
  const tag = unique("part");
  const id = await sleeper(tag);
  let blocked = false;
  await page.route("**/_next/static/chunks/**", (route) => (blocked ? route.abort() : route.continue()));
  await page.goto(`/runs?tag=${tag}`);
  blocked = true;
  await expect(freshness(page)).toHaveAttribute("data-freshness", "live");
  await context.setOffline(true);
  await expect(frozen(page)).toBeVisible();
  await page.keyboard.press("ControlOrMeta+k");
  await expect(rows(page)).toHaveCount(1);
  blocked = false;
  await context.setOffline(false);
  await expect(page.getByRole("dialog", { name: "Search and commands" })).toBeVisible();
  await ask("POST", `/api/v2/runs/${id}/cancel`);
});

test("an open run stays, too: its tabs open, its links wait", async ({ page, context }) => {
  const id = await sleeper(unique("cut-run"));
  await openLive(page, `/runs/${id}`);
  await expect(page.locator("[data-run-page]")).toHaveAttribute("data-status", "WAITING");
  await expectParts(page);
  await context.setOffline(true);
  await expect(frozen(page)).toBeVisible();
  for (const tab of ["Metadata", "Logs", "Timeline", "Relations"]) {
    await page.getByRole("tab", { name: tab }).click();
    await expect(page.getByRole("tab", { name: tab })).toHaveAttribute("aria-selected", "true");
  }
  await expect(page.getByRole("button", { name: "Cancel run" })).toBeDisabled();
  await page.getByRole("link", { name: "Runs", exact: true }).last().click();
  await expect(page.locator("[data-run-page]")).toBeVisible();
  await context.setOffline(false);
  await expect(frozen(page)).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Cancel run" })).toBeEnabled();
  await expectNotReloaded(page);
  await ask("POST", `/api/v2/runs/${id}/cancel`);
});
