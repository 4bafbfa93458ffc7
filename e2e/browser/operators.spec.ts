import { expect, test, type Page } from "@playwright/test";
import { ask, retrieve, trigger, unique } from "./api";
import { openLive } from "./live-page";

const row = (page: Page, id: string) => page.locator(`[data-run="${id}"]`);
const filterField = (page: Page) => page.getByRole("combobox", { name: "Filter runs" });
const sleeper = (tag: string) => trigger("reminder", { to: "ada", message: `for ${tag}`, afterSeconds: [600] }, { tags: [tag] });

test("one grammar for text, chips and address: leaving out, payload text, and back", async ({ page }) => {
  const [tag, other] = [unique("grammar"), unique("other")];
  const kept = await sleeper(tag);
  const left = await trigger("reminder", { to: "ada", message: `for ${tag}`, afterSeconds: [600] }, { tags: [tag, other] });
  await openLive(page, "/runs");
  await page.keyboard.press("/");
  await filterField(page).fill(`-tag:${other} attempts>=1 "FOR ${tag.toUpperCase()}"`);
  await page.keyboard.press("Enter");
  await expect(row(page, kept)).toBeVisible();
  await expect(row(page, left)).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(`notTag=${other}.*text=FOR.*attemptsOver=0`));
  await expect(page.locator("[data-chip]")).toHaveText([`-tag:${other}`, `text:FOR ${tag.toUpperCase()}`, "attempts>0"]);

  // What the rows do not tell is asked for again when something may be new.
  const later = await sleeper(tag);
  await expect(
    row(page, later)
      .or(page.getByRole("button", { name: "1 new" }))
      .first(),
  ).toBeVisible();

  await page.getByRole("button", { name: "-tag:" }).click();
  await expect(row(page, left)).toBeVisible();
  await expect(row(page, kept)).toHaveCount(0);
  await filterField(page).fill("duration>soon");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").filter({ hasText: "duration>10s" })).toBeVisible();
  await filterField(page).fill("dura");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(filterField(page)).toHaveValue("duration>");
  for (const id of [kept, left, later]) await ask("POST", `/api/v2/runs/${id}/cancel`);
});

test("the palette finds a run by the end of its id and cancels it; it is held, and can be taken back", async ({ page }) => {
  const id = await sleeper(unique("palette"));
  await openLive(page, "/tasks");
  const held = page.getByRole("status", { name: "Held actions" });
  const cancel = async (): Promise<void> => {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill(id.slice(-8));
    await page.getByRole("option", { name: `Cancel reminder ${id}` }).click();
    await expect(held).toContainText("Cancel reminder");
  };
  await cancel();
  await page.keyboard.press("z");
  await expect(held).toBeEmpty();
  expect((await retrieve(id)).status).toBe("WAITING");
  await cancel();
  await held.getByRole("button", { name: "Do it now" }).click();
  await expect.poll(async () => (await retrieve(id)).status).toBe("CANCELED");
});

test("the children of a run are counted beside it by what they do, and open in place", async ({ page }) => {
  const tag = unique("fleet");
  const parent = await trigger("import-orders", { rows: 2_000, rowsPerChunk: 400 }, { tags: [tag] });
  await openLive(page, `/runs?tag=${tag}&rootOnly=true`);
  const family = row(page, parent).locator("[data-family]");
  await expect(family).toHaveText("5/5 done");
  const total = 5;
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowRight");
  await expect(page.locator('[aria-level="2"]')).toHaveCount(total);
  await expect(row(page, parent)).toHaveAttribute("aria-expanded", "true");
  await page.keyboard.press("ArrowLeft");
  await expect(page.locator('[aria-level="2"]')).toHaveCount(0);
});

test("in a run's trace a child's trace opens in place, spans are found, and a part of the time is looked at", async ({ page }) => {
  const parent = await trigger("import-orders", { rows: 2_000, rowsPerChunk: 400 });
  await expect.poll(async () => (await retrieve(parent)).status, { timeout: 60_000 }).toBe("COMPLETED");
  await openLive(page, `/runs/${parent}`);
  const tree = page.getByRole("tree");
  await expect(page.getByRole("img", { name: /Where the time went: / })).toBeVisible();
  await page.keyboard.press("e");
  const child = tree
    .getByRole("treeitem")
    .filter({ has: page.getByRole("button", { name: "Open import-chunk" }) })
    .last();
  const level = Number(await child.getAttribute("aria-level"));
  const before = await tree.getByRole("treeitem").count();
  await child.getByRole("button", { name: "Open import-chunk" }).click();
  await expect.poll(() => tree.getByRole("treeitem").count()).toBeGreaterThan(before);
  await expect(tree.locator(`[aria-level="${level + 1}"]`).first()).toBeVisible();

  await page.keyboard.press("/");
  await page.getByRole("searchbox", { name: "Find spans" }).fill("no span is called so");
  await expect(tree.getByRole("treeitem")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(tree.getByRole("treeitem").first()).toBeVisible();
  await page.keyboard.press("x");
  await expect(page.getByRole("status", { name: "Spans found" })).toHaveText("0");
  await page.keyboard.press("x");

  const minimap = page.locator("[data-minimap]");
  await page.keyboard.press("j");
  await page.keyboard.press("f");
  await expect(minimap).toHaveAttribute("data-minimap", "part");
  await page.getByRole("button", { name: "Show all", exact: true }).click();
  await expect(minimap).toHaveAttribute("data-minimap", "all");
});

test("a view is saved from the list, stands in the sidebar with its count, and what people did is on record", async ({ page }) => {
  const tag = unique("view");
  const id = await sleeper(tag);
  await openLive(page, `/runs?tag=${tag}`);
  await expect(row(page, id)).toBeVisible();
  await page.getByRole("button", { name: "Save view" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill(tag);
  await page.keyboard.press("Enter");
  const view = page.getByRole("list", { name: "Saved views" }).getByRole("link", { name: tag });
  await expect(view).toHaveAttribute("aria-current", "page");
  await expect(view).toContainText("1 runs");
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    (async () => {
      await page.getByRole("button", { name: "Export" }).click();
      await page.getByRole("link", { name: /^CSV, all fields/ }).click();
    })(),
  ]);
  expect(file.suggestedFilename()).toMatch(/^runs-.*\.csv$/);
  await ask("POST", `/api/v2/runs/${id}/cancel`);
  await openLive(page, "/audit?area=run");
  await expect(page.locator("[data-audit]").filter({ hasText: id })).toContainText("run.cancel");
});
