import { expect, test, type Page } from "@playwright/test";
import { ask, retrieve, trigger, unique } from "./api";
import { expectNotReloaded, freshness, openLive, recordTexts } from "./live-page";

const row = (page: Page, id: string) => page.locator(`tr[data-run="${id}"]`);
const listed = (page: Page) => page.locator("tr[data-run]");
const cancel = (id: string) => ask("POST", `/api/v2/runs/${id}/cancel`);
/** Waits for longer than any test: what it shows changes only by what the test does. */
const sleeper = (tag: string) => trigger("reminder", { to: "ada", message: "x", afterSeconds: [600] }, { tags: [tag] });
const completes = (id: string) => expect.poll(async () => (await retrieve(id)).status).toBe("COMPLETED");

test("a run appears in the list by itself, shows its progress and goes to completed", async ({ page }) => {
  const tag = unique("watch");
  await openLive(page, `/runs?tag=${tag}`);
  await expect(page.getByText("No run fits these filters")).toBeVisible();
  const texts = await recordTexts(page, "tr[data-run]");
  const id = await trigger("stream-report", { title: "Watched", secondsPerSection: 0.5 }, { tags: [tag] });

  await expect(row(page, id)).toContainText("stream-report");
  await expect(row(page, id)).toHaveAttribute("data-status", "COMPLETED");
  await expect(row(page, id)).toContainText(/100\s%/);
  await expect(row(page, id)).toContainText("done");
  const seen = await texts();
  const progress = seen.flatMap((text) => /(\d+)\s%/.exec(text)?.[1] ?? []).map(Number);
  expect(new Set(progress).size).toBeGreaterThan(2);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(seen.some((text) => text.startsWith("EXECUTING") && text.includes("Arithmetic"))).toBe(true);
  await expectNotReloaded(page);
});

test("a clicked tag filters the list, the URL carries it, and back takes it away", async ({ page }) => {
  const [shared, wanted] = [unique("shared"), unique("wanted")];
  const other = await trigger("index-docs", {}, { tags: [shared] });
  const mine = await trigger("index-docs", {}, { tags: [wanted, shared] });
  await openLive(page, `/runs?tag=${shared}`);
  await expect(listed(page)).toHaveCount(2);

  await row(page, mine).getByRole("button", { name: wanted }).click();
  await expect(listed(page)).toHaveCount(1);
  await expect(row(page, mine)).toBeVisible();
  expect(new URL(page.url()).searchParams.getAll("tag").toSorted()).toEqual([shared, wanted].toSorted());
  await expect(page.locator('[data-chip="tag"]')).toHaveText([`tag:${shared}`, `tag:${wanted}`]);

  // The link says the same to somebody else.
  await page.reload();
  await expect(listed(page)).toHaveCount(1);
  await page.getByRole("button", { name: `Remove tag ${wanted}` }).click();
  await expect(row(page, other)).toBeVisible();
  await page.goBack();
  await expect(listed(page)).toHaveCount(1);
});

test("a run's id typed into the filter finds it", async ({ page }) => {
  const tag = unique("by-id");
  const [, id] = [await trigger("index-docs", {}, { tags: [tag] }), await trigger("index-docs", {}, { tags: [tag] })];
  await openLive(page, `/runs?tag=${tag}`);
  await expect(listed(page)).toHaveCount(2);
  await page.keyboard.press("/");
  const filter = page.getByRole("combobox", { name: "Filter runs" });
  await expect(filter).toBeFocused();
  await filter.fill(id);
  await filter.press("Enter");
  await expect(page).toHaveURL(new RegExp(`id=${id}`));
  await expect(listed(page)).toHaveCount(1);
  await expect(row(page, id)).toBeVisible();
});

test("a filter by status lets a run in when it gets there", async ({ page }) => {
  const tag = unique("status");
  const id = await sleeper(tag);
  await openLive(page, `/runs?tag=${tag}&status=CANCELED`);
  await expect(page.getByText("No run fits these filters")).toBeVisible();
  await cancel(id);
  await expect(row(page, id)).toHaveAttribute("data-status", "CANCELED");
  await expectNotReloaded(page);
});

test("new runs wait behind the pill while the pointer is on the list", async ({ page }) => {
  const tag = unique("pill");
  const first = await sleeper(tag);
  await openLive(page, `/runs?tag=${tag}`);
  await row(page, first).hover();
  const [second, third] = [await trigger("index-docs", {}, { tags: [tag] }), await trigger("index-docs", {}, { tags: [tag] })];

  await expect(page.getByRole("button", { name: "2 new", exact: true })).toBeVisible();
  await expect(freshness(page)).toHaveAttribute("data-freshness", "paused");
  await expect(listed(page)).toHaveCount(1);
  // What is in the list goes on changing.
  await cancel(first);
  await expect(row(page, first)).toHaveAttribute("data-status", "CANCELED");
  await expect(listed(page)).toHaveCount(1);

  await page.getByRole("button", { name: "2 new", exact: true }).click();
  await expect(listed(page)).toHaveCount(3);
  const order = await listed(page).evaluateAll((rows) =>
    rows.toSorted((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map((each) => each.getAttribute("data-run")),
  );
  expect(order).toEqual([third, second, first]);

  // They also come when the pointer leaves.
  await row(page, first).hover();
  const fourth = await trigger("index-docs", {}, { tags: [tag] });
  await expect(page.getByRole("button", { name: "1 new", exact: true })).toBeVisible();
  await page.mouse.move(0, 0);
  await expect(row(page, fourth)).toBeVisible();
  await expect(freshness(page)).toHaveAttribute("data-freshness", "live");
  await expectNotReloaded(page);
});

test("without a network the page says so and its clocks stand; what happened meanwhile is there when it is back", async ({
  page,
  context,
}) => {
  const tag = unique("offline");
  const sleeping = await sleeper(tag);
  await openLive(page, `/runs?tag=${tag}`);
  await expect(row(page, sleeping)).toHaveAttribute("data-status", "WAITING");
  const clock = row(page, sleeping).getByRole("gridcell").last();
  const before = await clock.innerText();
  await expect(clock).not.toHaveText(before);

  await context.setOffline(true);
  await expect(freshness(page)).toHaveAttribute("data-freshness", "reconnecting");
  await expect(freshness(page)).toContainText("reconnecting");
  const standing = await clock.innerText();
  // Two runs of half a second each: a clock that went on would show it.
  const report = { title: "Missed", secondsPerSection: 0.5 };
  const missed = await trigger("stream-report", report, { tags: [tag] });
  await completes(missed);
  await cancel(sleeping);
  expect(await clock.innerText()).toBe(standing);
  await expect(row(page, sleeping)).toHaveAttribute("data-status", "WAITING");
  await expect(listed(page)).toHaveCount(1);

  await context.setOffline(false);
  await expect(freshness(page)).toHaveAttribute("data-freshness", "live");
  await expect(row(page, missed)).toHaveAttribute("data-status", "COMPLETED");
  await expect(row(page, sleeping)).toHaveAttribute("data-status", "CANCELED");
  await expectNotReloaded(page);

  // The new socket carries what comes next.
  const next = await trigger("index-docs", {}, { tags: [tag] });
  await expect(row(page, next)).toHaveAttribute("data-status", "COMPLETED");
});

test("where no socket can be made the page polls, and takes the socket as soon as it can", async ({ page }) => {
  const tag = unique("polling");
  const sleeping = await sleeper(tag);
  let blocked = false;
  const open = new Set<() => Promise<void>>();
  await page.routeWebSocket("**/realtime", async (socket) => {
    if (blocked) return socket.close();
    socket.connectToServer();
    open.add(() => socket.close());
  });
  await openLive(page, `/runs?tag=${tag}`);
  await expect(row(page, sleeping)).toHaveAttribute("data-status", "WAITING");

  blocked = true;
  await Promise.all([...open].map((close) => close()));
  await expect(freshness(page)).toHaveAttribute("data-freshness", "polling", { timeout: 20_000 });
  await cancel(sleeping);
  await expect(row(page, sleeping)).toHaveAttribute("data-status", "CANCELED");

  blocked = false;
  await freshness(page).click();
  await expect(freshness(page)).toHaveAttribute("data-freshness", "live");
  await page.mouse.move(0, 0);
  const next = await trigger("index-docs", {}, { tags: [tag] });
  await expect(row(page, next)).toHaveAttribute("data-status", "COMPLETED");
  await expectNotReloaded(page);
});

test("runs chosen in the list are canceled together", async ({ page }) => {
  const tag = unique("bulk");
  const [first, second, kept] = [await sleeper(tag), await sleeper(tag), await sleeper(tag)];
  await openLive(page, `/runs?tag=${tag}`);
  await row(page, first).getByRole("checkbox").click();
  await row(page, second).getByRole("checkbox").click();
  await page.getByRole("button", { name: /^Cancel 2/ }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Cancel/ })
    .click();
  await expect(row(page, first)).toHaveAttribute("data-status", "CANCELED");
  await expect(row(page, second)).toHaveAttribute("data-status", "CANCELED");
  await expect(row(page, kept)).toHaveAttribute("data-status", "WAITING");
  await cancel(kept);
});
