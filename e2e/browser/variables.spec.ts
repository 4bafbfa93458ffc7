import { expect, test } from "@playwright/test";
import { admin, serverUnderTest } from "../global-setup";
import { unique } from "./api";

const base = "/api/v1/projects/proj_signalbox_examples/envvars/prod";
const headers = () => ({ authorization: `Bearer ${serverUnderTest().secretKey}`, "content-type": "application/json" });
const nameOf = (name: string) => unique(name).replaceAll("-", "_");

test("a variable is added, shown, changed from elsewhere and deleted; a pasted file is looked at before it is stored", async ({
  page,
  request,
}) => {
  const [plain, secret, pasted] = [nameOf("PLAIN"), nameOf("SECRET"), nameOf("PASTED")];
  await page.goto("/variables");
  await page.getByRole("button", { name: "Add variable" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("TRIGGER_API_URL");
  await dialog.getByLabel("Value").fill("first value");
  await dialog.getByRole("button", { name: "Add variable" }).click();
  await expect(dialog.getByRole("alert")).toContainText("reserved");
  await dialog.getByLabel("Name").fill(plain);
  await dialog.getByRole("button", { name: "Add variable" }).click();
  const line = page.getByRole("row", { name: new RegExp(plain) }).first();
  await expect(line).toContainText(admin.email);
  await expect(line).not.toContainText("first value");
  await line.getByRole("button", { name: `Show ${plain}` }).click();
  await expect(line).toContainText("first value");

  // The page hears of what an application does.
  await request.put(`${serverUnderTest().origin}${base}/${plain}`, { headers: headers(), data: { value: "second value" } });
  await expect(line).toContainText("second value");

  await page.getByRole("button", { name: "Paste .env" }).click();
  await dialog.getByLabel("Text").fill(`export ${pasted}="a b" # note\n${plain}=third\nPATH=/tmp`);
  await dialog.getByRole("button", { name: "Look at it" }).click();
  await expect(dialog.getByRole("listitem").filter({ hasText: "PATH" })).toContainText("left out");
  await dialog.getByLabel("Give those").check();
  await dialog.getByRole("button", { name: "Save 2 variables" }).click();
  await expect(dialog).toBeHidden();
  await expect(line).toContainText("third");

  await page.getByRole("button", { name: "Add variable" }).click();
  await dialog.getByLabel("Name").fill(secret);
  await dialog.getByLabel("Value").fill("hunter2");
  await dialog.getByLabel("Secret").check();
  await dialog.getByRole("button", { name: "Add variable" }).click();
  const hidden = page.getByRole("row", { name: new RegExp(secret) }).first();
  await expect(hidden).toContainText("secret");
  await expect(hidden.getByRole("button", { name: /^Show/ })).toHaveCount(0);

  for (const name of [plain, secret, pasted]) {
    await page.getByRole("button", { name: `Delete ${name}` }).click();
    await page.getByRole("button", { name: "Delete variable" }).click();
    await expect(page.getByRole("button", { name: `Delete ${name}` })).toHaveCount(0);
  }
  await expect(page.getByRole("region", { name: "Changes" }).getByRole("row", { name: new RegExp(`deleted ${secret}`) })).toBeVisible();
});
