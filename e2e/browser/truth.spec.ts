import { expect, test, type Page } from "@playwright/test";
import { admin } from "../global-setup";
import { ask, retrieve, trigger, unique } from "./api";
import { openLive } from "./live-page";

const row = (page: Page, id: string) => page.locator(`tr[data-run="${id}"]`);
const cell = (page: Page, id: string, index: number) => row(page, id).getByRole("gridcell").nth(index);
const refund = () => ({ orderId: unique("order"), customer: "Grace", amount: 5, reason: "Broken", timeout: "10m" });
const reaches = (id: string, status: string) => expect.poll(async () => (await retrieve(id)).status).toBe(status);

test("all that match can be selected, and it is said when some are not", async ({ page }) => {
  test.setTimeout(90_000);
  const tag = unique("many");
  for (let made = 0; made < 134; made += 67)
    await Promise.all(Array.from({ length: 67 }, () => trigger("index-docs", {}, { tags: [tag], delay: "30m" })));
  await openLive(page, `/runs?tag=${tag}`);
  await page.getByRole("checkbox", { name: "Select all loaded runs" }).click();
  await expect(page.getByText("100 runs selected.")).toBeVisible();
  await expect(page.getByText("These are all that are loaded; more match.")).toBeVisible();
  await page.getByRole("button", { name: "Select all that match" }).click();
  await expect(page.getByText("134 runs selected. They are all that match now, loaded or not.")).toBeVisible();
  await expect(page.getByText("more match")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Cancel 134" })).toBeEnabled();
});

test("a run that has not started has no start and took no time", async ({ page }) => {
  const tag = unique("delayed");
  const id = await trigger("index-docs", {}, { tags: [tag], delay: "2h" });
  await openLive(page, `/runs?tag=${tag}`);
  await expect(cell(page, id, 6)).toHaveText(/^in 1 h$|^in 2 h$/);
  await expect(cell(page, id, 7)).toHaveText("–");
  await ask("POST", `/api/v2/runs/${id}/cancel`);
  await expect(cell(page, id, 6)).toHaveText("never");
  await expect(cell(page, id, 7)).toHaveText("–");
});

test("runs that need an answer are a filter, and one that is answered leaves it", async ({ page }) => {
  const tag = unique("asks");
  const asks = await trigger("approve-refund", refund(), { tags: [tag] });
  const sleeps = await trigger("reminder", { to: "ada", message: "x", afterSeconds: [600] }, { tags: [tag] });
  await reaches(asks, "WAITING");
  await openLive(page, `/runs?tag=${tag}`);
  await expect(row(page, sleeps)).toBeVisible();
  await page.getByRole("button", { name: "Status" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Needs answer" }).click();
  await expect(row(page, sleeps)).toHaveCount(0);
  await expect(row(page, asks)).toContainText("Needs answer");
  await expect(page).toHaveURL(/status=NEEDS_ANSWER/);
  await ask("POST", `/api/v2/runs/${sleeps}/cancel`);
  await ask("POST", `/api/v2/runs/${asks}/cancel`);
});

test("a rejection is no success, and bears the name of who pressed", async ({ page }) => {
  const run = await trigger("approve-refund", refund());
  await reaches(run, "WAITING");
  await openLive(page, "/runs");
  await page.goto(`/runs/${run}`);
  await page.locator("[data-why]").getByRole("link", { name: "Answer" }).click();
  await expect(page.getByText(`Answered in the name of ${admin.name}.`)).toBeVisible();
  await expect(page.getByLabel("Who answers")).toHaveCount(0);
  await page.getByRole("button", { name: "Reject" }).click();
  await reaches(run, "COMPLETED");
  await expect.poll(async () => JSON.stringify(await retrieve(run))).toContain(`rejected by ${admin.name}`);
  await page.goto("/tokens?view=answered");
  const first = page.getByRole("region", { name: "Tokens" }).getByRole("listitem").first();
  await expect(first).toContainText(`Rejected by ${admin.email}`);
  await expect(first.locator("svg").first()).not.toHaveClass(/text-good/);
});

test("a fold says the same as the wait that it folds", async ({ page }) => {
  const run = await trigger("reminder", { to: "ada", message: "x", afterSeconds: [8] });
  await reaches(run, "COMPLETED");
  await openLive(page, `/runs/${run}`);
  const wait = page.getByRole("treeitem").filter({ hasText: "wait.for" });
  const took = (await wait.locator("span.truncate").last().innerText()).trim();
  await expect(page.getByTitle("Time without activity, folded")).toHaveText(`⋯${took}⋯`);
});

test("every page has one title of the first rank", async ({ page }) => {
  test.setTimeout(120_000);
  const run = await trigger("index-docs", {});
  for (const path of [
    "/runs",
    `/runs/${run}`,
    "/tasks",
    "/tasks/index-docs",
    "/test",
    "/tokens",
    "/public-tokens",
    "/queues",
    "/keys",
    "/nowhere",
    "/runs/run_nowhere",
  ]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 }), path).toHaveCount(1);
  }
});

test("a list of links asks for no page before one is wanted", async ({ page }) => {
  const asked = new Set<string>();
  page.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    searchParams.delete("_rsc");
    if (request.headers()["next-router-prefetch"] !== undefined)
      asked.add(searchParams.size === 0 ? pathname : `${pathname}?${searchParams}`);
  });
  await openLive(page, "/tasks");
  await page.getByRole("row").last().scrollIntoViewIfNeeded();
  await page.waitForLoadState("networkidle");
  const pages = await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link")
    .evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  expect([...asked].filter((path) => !pages.includes(path))).toEqual([]);
});

test("a key of which only the end is known cannot be copied as one", async ({ page }) => {
  await openLive(page, "/keys");
  await expect(page.getByText("is a key as it was shown when it was made")).toBeVisible();
  await expect(page.locator("pre").filter({ hasText: "…" })).toHaveCount(0);
});

test("a typed scope is part of the token, and the token is proved with a payload that its task takes", async ({ page }) => {
  await openLive(page, "/public-tokens");
  await page.getByText("Type a scope").click();
  await page.getByLabel("Scope", { exact: true }).fill("trigger:tasks:approve-refund");
  await expect(page.getByRole("region", { name: "Meaning" })).toContainText("Trigger task approve-refund");
  await page.getByRole("button", { name: "Make the token" }).click();
  await page.getByRole("button", { name: "Trigger approve-refund with this token" }).click();
  const seen = page.getByRole("list", { name: "What the token sees" });
  await expect(seen).toContainText("approve-refund");
  const run = /run_\w+/.exec(await seen.innerText())?.[0] ?? "";
  await ask("POST", `/api/v2/runs/${run}/cancel`);
  await page.getByRole("button", { name: "Make another" }).click();
  await page.getByLabel("Scope", { exact: true }).fill("read:nothing:x");
  await page.getByRole("button", { name: "Make the token" }).click();
  await expect(page.getByText("Correct or clear the scope that is typed")).toBeVisible();
});
