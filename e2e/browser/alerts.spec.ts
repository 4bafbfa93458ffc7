import { expect, test } from "@playwright/test";
import { unique } from "./api";

test("an alert is drawn before it is saved, fires, is acknowledged and muted, and goes", async ({ page }) => {
  test.setTimeout(90_000);
  const name = unique("quiet");
  await page.goto("/alerts");
  await page.getByRole("button", { name: "New alert" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Measure").selectOption("failures");
  await dialog.getByLabel("Above", { exact: true }).fill("often");
  await expect(dialog.getByText("Write a number")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Create alert" })).toBeDisabled();
  await dialog.getByLabel("Measure").selectOption("silence");
  await dialog.getByLabel("Only these tasks").fill("never-made");
  await expect(dialog.getByText("No run of never-made in 15 minutes.")).toBeVisible();
  await dialog.getByRole("button", { name: "Create alert" }).click();
  await expect(dialog.getByText("Name it")).toBeVisible();
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByRole("button", { name: "Create alert" }).click();

  const row = page.getByRole("row", { name: new RegExp(`${name}.*No run of never-made`) });
  // Measured every 15 seconds; the socket tells of it.
  await expect(row.getByText("Firing")).toBeVisible({ timeout: 45_000 });
  await row.getByRole("button", { name: "Acknowledge" }).click();
  await expect(row.getByText("seen by")).toBeVisible();
  const act = async (what: string) => {
    await row.getByRole("button", { name: `Actions for alert ${name}` }).click();
    await page.getByRole("menuitem", { name: what }).click();
  };
  await act("Mute for an hour");
  await expect(row.getByText("muted")).toBeVisible();
  await expect(page.getByRole("region", { name: "History" }).getByText("Fired").first()).toBeVisible();
  await act("Delete…");
  await page.getByRole("button", { name: "Delete alert" }).click();
  await expect(row).toBeHidden();
});

test("other pages lead to an alert on what they show, and a webhook's secret is shown once", async ({ page }) => {
  await page.goto("/insights?task=index-docs");
  await page.getByRole("link", { name: "Alert", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Only these tasks")).toHaveValue("index-docs");
  await expect(dialog.getByLabel("Measure")).toHaveValue("failureRate");
  await dialog.getByRole("button", { name: "Cancel" }).click();

  const name = unique("hook");
  await page.getByRole("button", { name: "New channel" }).click();
  await dialog.getByText("Webhook", { exact: true }).click();
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Address", { exact: true }).fill("http://169.254.169.254/");
  await dialog.getByRole("button", { name: "Create channel" }).click();
  await expect(dialog.getByText(/whsec_/)).toBeVisible();
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  const row = page.getByRole("row", { name: new RegExp(name) });
  await row.getByRole("button", { name: "Test" }).click();
  await expect(page.getByText(/link-local or metadata address/).first()).toBeVisible();
  await row.getByRole("button", { name: `Delete channel ${name}` }).click();
  await page.getByRole("button", { name: "Delete channel" }).last().click();
  await expect(row).toBeHidden();
  await expect(page.getByText("whsec_")).toHaveCount(0);
});
