import { expect, test, type Page } from "@playwright/test";
import { admin } from "../global-setup";
import { ask, retrieve, trigger, unique } from "./api";
import { expectNotReloaded, freshness, openLive, recordTexts } from "./live-page";

const runPage = (page: Page) => page.locator("[data-run-page]");
const tab = (page: Page, name: string) => page.getByRole("tab", { name });
const held = (page: Page) => page.getByRole("status", { name: "Held actions" });
const why = (page: Page) => page.locator("[data-why]");
const sleeper = (tag: string) => trigger("reminder", { to: "ada", message: "x", afterSeconds: [600] }, { tags: [tag] });

/** Delayed, so that its page is open before anything happens; the page's own button starts it. */
async function openBeforeStart(page: Page, { task, payload, query }: { task: string; payload: unknown; query: string }): Promise<string> {
  const id = await trigger(task, payload, { tags: [unique("run")], delay: "1h" });
  await openLive(page, `/runs/${id}${query}`);
  await expect(runPage(page)).toHaveAttribute("data-status", "DELAYED");
  return id;
}

test("a run's page grows while it runs: spans, stream text and progress", async ({ page }) => {
  const title = unique("Report");
  await openBeforeStart(page, { task: "stream-report", payload: { title, secondsPerSection: 1 }, query: "?tab=streams" });
  const [spans, stream] = [page.locator("[data-span]"), page.locator("[data-stream]")];
  await expect(spans).toHaveCount(1);
  const texts = await recordTexts(page, "[data-run-page]");
  await page.getByRole("button", { name: "Start now" }).click();

  await expect(runPage(page)).toHaveAttribute("data-status", "COMPLETED");
  await expect(stream).toContainText(`# ${title}`);
  await expect(stream).toContainText("SHA-256");
  for (const name of ["Processor", "Memory", "Disk", "Arithmetic"]) await expect(spans.filter({ hasText: name })).toBeVisible();
  await expect(why(page)).toContainText("done");

  // It was all there before the end, and piece by piece. The first part is only in the stream, the rest also in the tree.
  const executing = (await texts()).filter((text) => text.startsWith("EXECUTING"));
  const [begun, measured, later] = [`# ${title}`, "## Processor", "## Arithmetic"].map((part) =>
    executing.findIndex((text) => text.includes(part)),
  );
  expect(begun).toBeGreaterThanOrEqual(0);
  expect(measured).toBeGreaterThanOrEqual(begun ?? -1);
  expect(later).toBeGreaterThan(measured ?? -1);
  expect(executing.some((text) => text.includes("Processor") && !text.includes("Memory"))).toBe(true);
  await tab(page, "Output").click();
  await expect(page.getByRole("tabpanel")).toContainText(title);
  await expectNotReloaded(page);
});

test("logs arrive as they are written, attempt after attempt", async ({ page }) => {
  await openBeforeStart(page, {
    task: "flaky-step",
    payload: { file: "trigger/data/docs/retries.md", seed: 27, failureRate: 0.6 },
    query: "?tab=logs",
  });
  const texts = await recordTexts(page, "[data-run-page]");
  await page.getByRole("button", { name: "Start now" }).click();
  const log = page.getByRole("log", { name: "Logs" });
  await expect(runPage(page)).toHaveAttribute("data-status", "COMPLETED");
  await expect(log).toContainText("Stored");
  const before = (await texts()).filter((text) => !text.startsWith("COMPLETED"));
  const uploads = before.map((text) => text.split("Uploading").length - 1);
  // The third attempt succeeds at once: its line may come with the end.
  expect([...new Set(uploads)].slice(0, 3)).toEqual([0, 1, 2]);
  expect(before.some((text) => text.includes("Attempt 1 failed: StoreBusyError"))).toBe(true);
  await expect(log.getByText("Uploading")).toHaveCount(3);
  await page.getByRole("combobox", { name: "Lowest level" }).selectOption("warn");
  await expect(log.getByText("Uploading")).toHaveCount(0);
  await expect(log).toContainText("Attempt 2 failed");
  await expectNotReloaded(page);
});

test("child runs show up below their parent and count its progress up", async ({ page }) => {
  const id = await openBeforeStart(page, { task: "import-orders", payload: { rows: 2_000, rowsPerChunk: 400 }, query: "?tab=metadata" });
  await page.getByRole("button", { name: "Start now" }).click();
  await expect(runPage(page)).toHaveAttribute("data-status", "COMPLETED", { timeout: 30_000 });
  await expect(page.getByRole("tree")).toContainText("import-chunk");
  await expect(page.getByRole("tabpanel")).toContainText("imported");
  await expectNotReloaded(page);

  await tab(page, "Relations").click();
  const child = page.getByRole("tabpanel").getByRole("link").first();
  await child.click();
  await expect(runPage(page)).not.toHaveAttribute("data-run-page", id);
  await page.keyboard.press("p");
  await expect(runPage(page)).toHaveAttribute("data-run-page", id);
});

test("a run is replayed with another payload, and its output shows the edit", async ({ page }) => {
  const [before, after] = [unique("before"), unique("after")];
  const id = await trigger("issue-refund", { orderId: before, amount: 5, currency: "EUR", approvedBy: "Ada" }, { tags: [before] });
  await openLive(page, `/runs/${id}`);
  await expect(runPage(page)).toHaveAttribute("data-status", "COMPLETED");
  await page.getByRole("button", { name: "Replay run" }).click();
  const dialog = page.getByRole("dialog");
  const payload = dialog.getByRole("textbox", { name: "Payload" });
  await expect(payload).toContainText(before);

  await payload.fill('{"orderId": ');
  await expect(dialog.getByRole("button", { name: "Replay run" })).toBeDisabled();
  await payload.fill(JSON.stringify({ orderId: after, amount: -7, currency: "EUR", approvedBy: "Bob" }));
  await dialog.getByRole("button", { name: "Replay run" }).click();
  await expect(dialog.getByRole("alert")).toContainText("amount");
  await payload.fill(JSON.stringify({ orderId: after, amount: 7, currency: "EUR", approvedBy: "Bob" }));
  await dialog.getByRole("button", { name: "Replay run" }).click();

  await expect(runPage(page)).not.toHaveAttribute("data-run-page", id);
  const copy = (await runPage(page).getAttribute("data-run-page")) ?? "";
  await expect(page).toHaveURL(new RegExp(`/runs/${copy}`));
  await expect(runPage(page)).toHaveAttribute("data-status", "COMPLETED");
  await tab(page, "Output").click();
  await expect(page.getByRole("tabpanel")).toContainText(after);
  await expect(page.getByRole("tabpanel")).toContainText("Bob");
  await expect(page.getByRole("link", { name: id })).toBeVisible();
  expect((await retrieve(copy)).output).toMatchObject({ orderId: after, amount: 7, isNew: true });
  expect((await retrieve(copy)).tags).toContain(before);
  await expectNotReloaded(page);
});

test("a running run is canceled after asking", async ({ page }) => {
  const id = await sleeper(unique("cancel"));
  await openLive(page, `/runs/${id}`);
  await expect(runPage(page)).toHaveAttribute("data-status", "WAITING");
  const dialog = page.getByRole("dialog", { name: "Cancel this run?" });
  await page.keyboard.press("c");
  await dialog.getByRole("button", { name: "Keep as it is" }).click();
  await expect(dialog).toBeHidden();
  expect((await retrieve(id)).status).toBe("WAITING");

  // Taken back while it is held.
  await page.getByRole("button", { name: "Cancel run" }).click();
  await dialog.getByRole("button", { name: "Cancel run" }).click();
  await expect(held(page)).toContainText("Cancel reminder");
  await page.keyboard.press("z");
  await expect(held(page)).toBeEmpty();
  expect((await retrieve(id)).status).toBe("WAITING");

  await page.getByRole("button", { name: "Cancel run" }).click();
  await dialog.getByRole("button", { name: "Cancel run" }).click();
  await expect(runPage(page)).toHaveAttribute("data-status", "CANCELED");
  await expect(dialog).toBeHidden();
  await expect(why(page)).toContainText(`Canceled by ${admin.email}`);
  await expect(page.getByRole("button", { name: "Cancel run" })).toBeHidden();
  expect((await retrieve(id)).status).toBe("CANCELED");
  await expectNotReloaded(page);
});

test("a refused cancel says why and leaves the run as it is", async ({ page }) => {
  const id = await sleeper(unique("refused"));
  await openLive(page, `/runs/${id}`);
  await page.route(`**/api/v2/runs/${id}/cancel`, (route) => route.abort());
  await page.getByRole("button", { name: "Cancel run" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel this run?" });
  await dialog.getByRole("button", { name: "Cancel run" }).click();
  await held(page).getByRole("button", { name: "Do it now" }).click();
  await expect(page.getByText(/was not canceled/)).toBeVisible();
  await expect(runPage(page)).toHaveAttribute("data-status", "WAITING");
  await page.unroute(`**/api/v2/runs/${id}/cancel`);
  await page.getByRole("button", { name: "Cancel run" }).click();
  await dialog.getByRole("button", { name: "Cancel run" }).click();
  await expect(runPage(page)).toHaveAttribute("data-status", "CANCELED");
});

test("a run that went on while the page was offline is shown whole when it is back", async ({ page, context }) => {
  const orderId = unique("offline");
  const id = await trigger("approve-refund", { orderId, customer: "Ada", amount: 3, reason: "x", timeout: "5m" }, { tags: [orderId] });
  await openLive(page, `/runs/${id}?tab=metadata`);
  await expect(why(page)).toContainText("asks for an answer");
  await context.setOffline(true);
  await expect(freshness(page)).toHaveAttribute("data-freshness", "reconnecting");
  const waited = page.getByText(/^waiting for/);
  const standing = await waited.innerText();

  const { body } = await ask("GET", `/api/v1/waitpoints/tokens?filter%5Btags%5D=order_${orderId}`);
  await ask("POST", `/api/v1/waitpoints/tokens/${body.data[0]?.id}/complete`, { body: { data: { approved: true, by: "Grace" } } });
  await expect.poll(async () => (await retrieve(id)).status).toBe("COMPLETED");
  expect(await waited.innerText()).toBe(standing);
  await expect(runPage(page)).toHaveAttribute("data-status", "WAITING");

  await context.setOffline(false);
  await expect(runPage(page)).toHaveAttribute("data-status", "COMPLETED");
  await expect(page.getByRole("tree")).toContainText("issue-refund");
  await expect(page.getByRole("tabpanel")).toContainText("approved by Grace");
  await tab(page, "Output").click();
  await expect(page.getByRole("tabpanel")).toContainText("refunded");
  await expectNotReloaded(page);
});
