import { expect, test, type Page } from "@playwright/test";
import { trigger, retrieve } from "./api";
import { openLive } from "./live-page";

const finished = async (): Promise<string> => {
  const id = await trigger("index-docs", {});
  await expect.poll(async () => (await retrieve(id)).status).toBe("COMPLETED");
  return id;
};
const chosenTab = (page: Page) => page.getByRole("tab", { selected: true });

test("single keys go on working after a switch, a choice or a button was used", async ({ page }) => {
  const id = await finished();
  await openLive(page, `/runs/${id}?tab=output`);
  const panel = page.getByRole("tabpanel");
  await panel.hover();
  await panel.getByRole("radio", { name: "Raw" }).click();
  await page.keyboard.press("5");
  await expect(chosenTab(page)).toHaveText(/Logs/);
  await page.getByRole("button", { name: "Close all" }).click();
  await page.keyboard.press("1");
  await expect(chosenTab(page)).toHaveText(/Payload/);

  await openLive(page, "/test?task=approve-refund");
  await page.getByRole("radio", { name: "JSON" }).click();
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
});

test("a switch keeps the keys that work it", async ({ page }) => {
  await openLive(page, "/tokens");
  await page.getByRole("radio", { name: /Waiting/ }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page).toHaveURL(/view=answered/);
});

test("a dialog whose code is on its way stands at once, hears Escape, and the page behind hears nothing", async ({ page }) => {
  const id = await finished();
  let release: () => void = () => undefined;
  const released = new Promise<void>((go) => (release = go));
  // All code but that of the page itself: what it may open is loaded ahead.
  const own = await (await page.request.get(`/runs/${id}`)).text();
  await page.route("**/_next/static/chunks/**", async (route) => {
    if (!own.includes(new URL(route.request().url()).pathname.replace("/_next/", ""))) await released;
    await route.continue();
  });
  await openLive(page, `/runs/${id}`);
  await page.keyboard.press("r");
  const loading = page.getByRole("dialog", { name: "Loading" });
  await expect(loading).toBeVisible();
  await expect(loading).toBeFocused();
  await page.keyboard.press("2");
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await page.keyboard.press("Control+k");
  await expect(loading).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/runs/${id}$`));
  await page.keyboard.press("Escape");
  await expect(loading).toBeHidden();

  await page.keyboard.press("r");
  await expect(loading).toBeVisible();
  release();
  await expect(page.getByRole("dialog", { name: "Replay run" })).toBeVisible();
  await expect(loading).toBeHidden();
});

test("keys are named as this machine's keyboard names them", async ({ page }) => {
  await openLive(page, "/runs");
  await expect(page.getByRole("button", { name: /Search runs/ })).toContainText("Ctrl");
  await openLive(page, "/test?task=index-docs");
  await expect(page.getByText("⌘")).toHaveCount(0);
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toContainText("Ctrl");
  await expect(page.getByText("⌘")).toHaveCount(0);
});
