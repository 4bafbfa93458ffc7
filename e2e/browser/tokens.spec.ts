import { expect, test } from "@playwright/test";
import { admin } from "../global-setup";
import { ask, retrieve, trigger, unique } from "./api";

const refund = (orderId: string, timeout = "5m") => ({
  orderId,
  customer: `Customer of ${orderId}`,
  amount: 12,
  reason: "Broken",
  timeout,
});
const question = (orderId: string) => `Refund 12 EUR to Customer of ${orderId}?`;

// Which one comes next follows from the deadlines of all that wait.
test.beforeEach(async () => {
  const { body } = await ask("GET", "/api/v1/waitpoints/tokens?filter%5Bstatus%5D=WAITING&page%5Bsize%5D=100");
  for (const { id } of body.data) await ask("POST", `/api/v1/waitpoints/tokens/${id}/complete`, { body: { data: {} } });
});

test("a question appears by itself and is answered with its form; the run goes on and the next one comes", async ({ page }) => {
  await page.goto("/tokens");
  await expect(page.getByRole("status", { name: "Loading the token" })).toBeHidden();
  const [first, second] = [unique("order"), unique("order")];
  // The nearer deadline comes first.
  const later = await trigger("approve-refund", refund(second, "90s"));
  const sooner = await trigger("approve-refund", refund(first, "60s"));
  const list = page.getByRole("region", { name: "Tokens" });
  await expect(list.getByText(question(first))).toBeVisible();
  await expect(list.getByText(question(second))).toBeVisible();
  const texts = await list.getByRole("button").allTextContents();
  expect(texts.findIndex((text) => text.includes(first))).toBeLessThan(texts.findIndex((text) => text.includes(second)));

  await list.getByRole("button", { name: new RegExp(first) }).click();
  const panel = page.getByRole("article");
  await expect(panel.getByRole("heading", { name: question(first) })).toBeVisible();
  await expect(panel).toContainText(sooner);
  await panel.getByLabel("note").fill("Of course");
  await panel.getByRole("button", { name: "Approve" }).click();

  await expect(panel.getByRole("heading", { name: question(second) })).toBeVisible();
  await expect(list.getByText(question(first))).toBeHidden();
  await expect.poll(async () => (await retrieve(sooner)).output).toMatchObject({ outcome: "refunded", orderId: first, note: "Of course" });

  await page.keyboard.press("r");
  await expect.poll(async () => (await retrieve(later)).output).toMatchObject({ outcome: "rejected", orderId: second });

  await page.getByRole("radio", { name: "Answered" }).click();
  await expect(list.getByRole("button", { name: new RegExp(`${admin.email}.*Of course`, "s") })).toBeVisible();
});

test("a token without a question is answered yes or no, or with any JSON", async ({ page }) => {
  const { body: made } = await ask("POST", "/api/v1/waitpoints/tokens", { body: { timeout: "5m", tags: [unique("bare")] } });
  await page.goto(`/tokens?token=${made.id}`);
  const panel = page.getByRole("article");
  await panel.getByRole("radio", { name: "Custom JSON" }).click();
  await panel.getByRole("textbox", { name: "Answer as JSON" }).fill('{"colour": "red"}');
  await panel.getByRole("button", { name: "Answer with JSON" }).click();
  await expect
    .poll(async () => (await ask("GET", `/api/v1/waitpoints/tokens/${made.id}`)).body)
    .toMatchObject({ status: "COMPLETED", output: '{"colour":"red"}' });
});

test("who answers second is told who was first", async ({ page }) => {
  const { body: made } = await ask("POST", "/api/v1/waitpoints/tokens", { body: { timeout: "5m" } });
  await page.goto(`/tokens?token=${made.id}`);
  await expect(page.getByRole("article").getByRole("button", { name: "Approve" })).toBeVisible();
  // Somebody is faster by the moment in which the answer is on its way.
  await page.route("**/complete", async (route) => {
    await ask("POST", `/api/v1/waitpoints/tokens/${made.id}/complete`, { body: { data: { approved: false } } });
    await route.continue();
  });
  await page.getByRole("article").getByRole("button", { name: "Approve" }).click();
  await expect(page.getByText(/had answered first; your answer was not taken/)).toBeVisible();
});

test("an answer given elsewhere shows at once, with who gave it", async ({ page }) => {
  const { body: made } = await ask("POST", "/api/v1/waitpoints/tokens", { body: { timeout: "5m" } });
  await page.goto(`/tokens?token=${made.id}`);
  await expect(page.getByRole("article").getByRole("button", { name: "Approve" })).toBeVisible();
  await ask("POST", `/api/v1/waitpoints/tokens/${made.id}/complete`, { body: { data: "done" } });
  await expect(page.getByText(/Answered by key …/)).toBeVisible();
  await expect(page.getByRole("article").getByRole("button", { name: "Approve" })).toBeHidden();
});

test("the inbox is filtered by tag, put in order of age, and answered from it with the next question coming", async ({ page }) => {
  const tag = unique("desk");
  const make = async (timeout: string, tags: string[]) =>
    (await ask("POST", "/api/v1/waitpoints/tokens", { body: { timeout, tags } })).body.id;
  const old = await make("5h", [tag]);
  const urgent = await make("4h", [tag]);
  const other = await make("3h", [unique("elsewhere")]);
  await page.goto("/tokens");
  const items = page.getByRole("region", { name: "Tokens" }).locator("[id^=token-]");
  await expect(items).toHaveCount(3);
  await expect(items.first()).toHaveAttribute("id", `token-${other}`);
  await page.getByRole("searchbox", { name: "Find by task or tag" }).fill(tag);
  await expect(items).toHaveCount(2);
  await expect(items.first()).toHaveAttribute("id", `token-${urgent}`);
  await page.getByRole("radio", { name: "Oldest" }).check();
  await expect(items.first()).toHaveAttribute("id", `token-${old}`);

  await items.first().click();
  await page.keyboard.press("a");
  await expect.poll(async () => (await ask("GET", `/api/v1/waitpoints/tokens/${old}`)).body.status).toBe("COMPLETED");
  // The next of those that fit, not the more urgent one of another desk.
  await expect(page.getByRole("article")).toContainText(urgent);
  expect((await ask("GET", `/api/v1/waitpoints/tokens/${other}`)).body.status).toBe("WAITING");
});
