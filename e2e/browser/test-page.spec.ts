import { expect, test } from "@playwright/test";
import { retrieve, runIds, unique } from "./api";

test("a task is triggered from its form and its result comes live", async ({ page }) => {
  const tag = unique("tag");
  await page.goto("/test?task=index-docs");
  await page.getByLabel("query").fill("restart");
  await page.getByLabel("Tags").fill(tag);
  await page.getByLabel("Tags").press("Enter");
  await page.getByRole("button", { name: "Run index-docs" }).click();

  const strip = page.locator("[data-run]");
  await expect(strip.getByText("Completed")).toBeVisible();
  await expect(strip).toContainText("sections");
  const id = (await strip.getAttribute("data-run")) ?? "";
  expect(page.url()).toContain(`run=${id}`);
  expect((await retrieve(id)).tags).toContain(tag);
  await strip.getByRole("link", { name: "Open run" }).click();
  await expect(page).toHaveURL(new RegExp(`/runs/${id}`));
});

test("form and JSON show the same payload, and switching loses nothing", async ({ page }) => {
  await page.goto("/test?task=approve-refund");
  await page.getByLabel("customer", { exact: true }).fill("Ada Lovelace");
  await page.getByRole("radio", { name: "JSON" }).click();
  const editor = page.getByRole("textbox", { name: "Payload of approve-refund" });
  await expect(editor).toContainText("Ada Lovelace");
  await editor.fill('{"orderId": "ORD-7", "customer": "Bob", "amount": 3, "reason": "x", "extra": [1, 2]}');
  await page.getByRole("radio", { name: "Form" }).click();
  await expect(page.getByLabel("customer", { exact: true })).toHaveValue("Bob");
  await page.getByRole("radio", { name: "JSON" }).click();
  await expect(editor).toContainText('"extra"');

  await editor.fill('{"orderId": ');
  await expect(page.getByRole("alert").filter({ hasText: "Not valid JSON at line 1" })).toBeVisible();
  await page.getByRole("radio", { name: "Form" }).click();
  await expect(page.getByText("nothing is lost")).toBeVisible();
  await page.getByRole("radio", { name: "JSON" }).click();
  await expect(editor).toContainText('"orderId":');
});

test("a payload that does not fit shows the schema's message beside its field, and nothing is stored", async ({ page }) => {
  const before = await runIds("approve-refund");
  await page.goto("/test?task=approve-refund");
  const amount = page.getByLabel("amount", { exact: true });
  await amount.fill("-5");
  await page.keyboard.press("ControlOrMeta+Enter");
  const field = page.locator("div").filter({ has: amount }).last();
  await expect(field.getByText(/must be > 0/)).toBeVisible();
  await expect(amount).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText("Nothing was stored")).toBeVisible();
  expect(await runIds("approve-refund")).toEqual(before);

  await amount.fill("5");
  await expect(page.getByText(/must be > 0/)).toBeHidden();
});

test("a wrong option is said beside the option before anything is sent", async ({ page }) => {
  await page.goto("/test?task=index-docs");
  await page.getByLabel("Delay").fill("tomorrow");
  const asked: string[] = [];
  page.on("request", (request) => (request.url().endsWith("/trigger") ? asked.push(request.url()) : undefined));
  await page.getByRole("button", { name: "Run index-docs" }).click();
  await expect(page.getByText("Write a duration such as 10m")).toBeVisible();
  await expect(page.getByLabel("Delay")).toHaveAttribute("aria-invalid", "true");
  expect(asked).toEqual([]);
});

test("payloads of earlier runs can be taken up again", async ({ page }) => {
  const customer = unique("customer");
  await page.goto("/test?task=approve-refund");
  await page.getByLabel("customer", { exact: true }).fill(customer);
  await page.getByRole("button", { name: "Run approve-refund" }).click();
  await expect(page.locator("[data-run]").getByText("Needs answer")).toBeVisible();

  await page.reload();
  await expect(page.getByLabel("customer", { exact: true })).toHaveValue(customer);
  await page.goto("/test?task=approve-refund");
  await expect(page.getByLabel("customer", { exact: true })).toHaveValue("Grace Hopper");
  await page.getByRole("button", { name: "Payloads" }).click();
  await page.getByRole("button", { name: new RegExp(customer) }).click();
  await expect(page.getByLabel("customer", { exact: true })).toHaveValue(customer);
});

test("the keyboard finds and chooses a task", async ({ page }) => {
  await page.goto("/test");
  const search = page.getByRole("searchbox", { name: "Search tasks" });
  // Keys count once the page has started.
  await expect(async () => {
    await page.keyboard.press("/");
    await expect(search).toBeFocused({ timeout: 100 });
  }).toPass();
  await search.fill("stream");
  await page.keyboard.press("ArrowDown");
  await expect(page).toHaveURL(/task=stream-report/);
  await expect(page.getByRole("button", { name: "Run stream-report" })).toBeVisible();
});
