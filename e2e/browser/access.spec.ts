import { expect, test } from "@playwright/test";
import { admin } from "../global-setup";
import { ask, unique } from "./api";

test("a key is shown once, works, and stops when it is revoked", async ({ page }) => {
  const name = unique("backend");
  await page.goto("/keys");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
  await expect(page.getByText("Name what will use it")).toBeVisible();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
  const key = await page.locator("code.select-all").innerText();
  await expect(page.getByText(`TRIGGER_SECRET_KEY=${key}`)).toBeVisible();
  expect((await ask("GET", "/api/v1/runs", { token: key })).status).toBe(200);
  await page.getByRole("button", { name: "I have copied it" }).click();
  await expect(page.getByText(key)).toHaveCount(0);

  const line = page.getByRole("row", { name: new RegExp(name) });
  await line.getByRole("button", { name: "Revoke" }).click();
  const revoke = page.getByRole("button", { name: "Revoke key" });
  await expect(revoke).toBeDisabled();
  await page.getByLabel(`Type ${name} to confirm`).fill(name);
  await revoke.click();
  await expect(line).toContainText("Revoked");
  expect((await ask("GET", "/api/v1/runs", { token: key })).status).toBe(401);
});

test.describe("without a session", () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test("a wrong password is said beside the field, the right one leads back to where one wanted to go", async ({ page }) => {
    await page.goto("/queues");
    await expect(page).toHaveURL(/\/sign-in/);
    await page.goto("/sign-in?next=%2Fqueues");
    await page.getByLabel("E-mail").fill(admin.email);
    await page.getByLabel("Password", { exact: true }).fill("wrong password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("E-mail or password is wrong")).toBeVisible();
    await page.getByLabel("Password", { exact: true }).fill(admin.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(/\/queues$/);
  });

  test("a foreign address is not followed after signing in", async ({ page }) => {
    await page.goto("/sign-in?next=https%3A%2F%2Fevil.test%2F");
    await page.getByLabel("E-mail").fill(admin.email);
    await page.getByLabel("Password", { exact: true }).fill(admin.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(/\/runs/);
  });

  test("a setup code that was used opens nothing", async ({ page }) => {
    await page.goto("/setup#code=used-already");
    await page.getByLabel("Name", { exact: true }).fill("Eve");
    await page.getByLabel("E-mail").fill("eve@example.com");
    await page.getByLabel("Password", { exact: true }).fill("long enough password");
    await page.getByRole("button", { name: "Create the first admin" }).click();
    await expect(page.getByText("was used already or is not valid")).toBeVisible();
    expect(page.url()).not.toContain("?");
  });
});
