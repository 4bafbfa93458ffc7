import { expect, test, type Browser, type Page } from "@playwright/test";
import { admin, serverUnderTest } from "../global-setup";
import { unique } from "./api";

// Two or three browsers each, every one of which loads the dashboard anew.
test.describe.configure({ timeout: 120_000 });

const nobody = { storageState: { cookies: [], origins: [] } };
const password = "purple anvil seventeen";

/** Invites a person of the role in the dashboard, and joins in a browser of their own. */
async function join(page: Page, browser: Browser, role: string): Promise<{ name: string; email: string; theirs: Page }> {
  const name = unique(role);
  const email = `${name}@example.com`;
  await page.goto("/team");
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Role", { exact: true }).selectOption(role);
  await page.getByRole("button", { name: "Make invitation" }).click();
  const link = await page.locator("code.select-all").innerText();
  await page.getByRole("button", { name: "I have copied it" }).click();
  await expect(page.getByText(link)).toHaveCount(0);
  await expect(page.getByRole("row", { name: new RegExp(email) })).toContainText("Withdraw");

  const theirs = await (await browser.newContext(nobody)).newPage();
  await theirs.goto(link);
  await expect(theirs.getByText(email)).toBeVisible();
  await theirs.getByLabel("Name", { exact: true }).fill(name);
  await theirs.getByLabel("Password", { exact: true }).fill("password123");
  await theirs.getByRole("button", { name: "Join" }).click();
  await expect(theirs.getByText("too easy to guess")).toBeVisible();
  await theirs.getByLabel("Password", { exact: true }).fill(password);
  await theirs.getByRole("button", { name: "Join" }).click();
  await expect(theirs).toHaveURL(/\/runs/);
  await page.reload();
  return { name, email, theirs };
}

test("a person is invited, gets another role, and is removed", async ({ page, browser }) => {
  const { name, email, theirs } = await join(page, browser, "viewer");
  await theirs.goto("/team");
  await expect(theirs.getByText("You are a viewer here").first()).toBeVisible();
  await expect(theirs.getByRole("row", { name: new RegExp(admin.email) })).toBeVisible();

  const line = page.getByRole("row", { name: new RegExp(email) });
  await line.getByLabel(`Role of ${name}`).selectOption("admin");
  await expect(line.getByLabel(`Role of ${name}`)).toBeEnabled();
  await theirs.reload();
  await expect(theirs.getByRole("button", { name: "Invite" })).toBeVisible();
  await expect(theirs.getByText("You are a viewer here")).toHaveCount(0);

  await line.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Remove person" }).click();
  await expect(line).toHaveCount(0);
  await theirs.goto("/runs");
  await expect(theirs).toHaveURL(/\/sign-in/);
  await theirs.context().close();
});

test("who has forgotten a password gets a link from an admin, which works once", async ({ page, browser }) => {
  const { email, theirs } = await join(page, browser, "operator");
  await page
    .getByRole("row", { name: new RegExp(email) })
    .getByRole("button", { name: "Reset password" })
    .click();
  await page.getByRole("button", { name: "Make reset link" }).click();
  const link = await page.locator("code.select-all").innerText();
  await page.getByRole("button", { name: "I have copied it" }).click();
  const forgetful = await (await browser.newContext(nobody)).newPage();
  await forgetful.goto(link);
  await forgetful.getByLabel("Password", { exact: true }).fill("six green ladders");
  await forgetful.getByRole("button", { name: "Set the new password" }).click();
  await expect(forgetful).toHaveURL(/\/runs/);
  await theirs.goto("/runs");
  await expect(theirs).toHaveURL(/\/sign-in/);
  await theirs.goto(link);
  await expect(theirs.getByText("This link cannot be used")).toBeVisible();
  await theirs.context().close();
  await forgetful.context().close();
});

test("one changes the own password, sees where one is signed in, and signs out elsewhere", async ({ page, browser }) => {
  const { email, theirs } = await join(page, browser, "viewer");
  const elsewhere = await (await browser.newContext(nobody)).newPage();
  await elsewhere.goto("/sign-in");
  await elsewhere.getByLabel("E-mail").fill(email);
  await elsewhere.getByLabel("Password", { exact: true }).fill(password);
  await elsewhere.getByRole("button", { name: "Sign in" }).click();
  await expect(elsewhere).toHaveURL(/\/runs/);

  await theirs.goto("/runs");
  await theirs.getByRole("button", { name: /Account of/ }).click();
  await theirs.getByRole("menuitem", { name: "Your account" }).click();
  await expect(theirs).toHaveURL(/\/account/);
  await expect(theirs.getByRole("row", { name: /Chrome/ })).toHaveCount(2);
  await theirs.getByLabel("Current password").fill("not the one");
  await theirs.getByLabel("New password").fill("six green ladders");
  await theirs.getByRole("button", { name: "Change password" }).click();
  await expect(theirs.getByText("The current password is wrong")).toBeVisible();
  await theirs.getByLabel("Current password").fill(password);
  await theirs.getByRole("button", { name: "Change password" }).click();
  await expect(theirs.getByRole("status").filter({ hasText: "Everywhere else you are signed out" })).toBeVisible();
  await expect(theirs.getByRole("row", { name: /Chrome/ })).toHaveCount(1);
  // What is live goes on with the new session.
  await expect(theirs.getByRole("button", { name: /^live/ })).toBeVisible();
  await elsewhere.goto("/runs");
  await expect(elsewhere).toHaveURL(/\/sign-in/);
  await theirs.reload();
  await expect(theirs.getByText(email).first()).toBeVisible();
  await elsewhere.context().close();
  await theirs.context().close();
});

test.describe("without a session", () => {
  test.use(nobody);

  for (const next of ["/.//evil.test/x", "/x/..//evil.test", "/%2e//evil.test"]) {
    test(`${next} is not followed after signing in`, async ({ page }) => {
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
      await page.getByLabel("E-mail").fill(admin.email);
      await page.getByLabel("Password", { exact: true }).fill(admin.password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page).toHaveURL(`${serverUnderTest().origin}/runs`);
    });
  }
});
