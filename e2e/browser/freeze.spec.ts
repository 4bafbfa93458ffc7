import { expect, test } from "@playwright/test";
import { serverUnderTest } from "../global-setup";
import { ask, trigger, unique } from "./api";
import { expectNotReloaded, expectParts, freshness, openLive } from "./live-page";

test("a server that is frozen is noticed, the page says so and stays, and goes on with the server", async ({ page }) => {
  const tag = unique("freeze");
  const id = await trigger("reminder", { to: "ada", message: "x", afterSeconds: [600] }, { tags: [tag] });
  await openLive(page, `/runs?tag=${tag}`);
  const row = page.locator(`tr[data-run="${id}"]`);
  await expect(row).toHaveAttribute("data-status", "WAITING");
  await expectParts(page);
  const { pid } = serverUnderTest();

  process.kill(pid, "SIGSTOP");
  try {
    // After 2.5 s of silence, which connection.test.ts measures.
    await expect(freshness(page)).toHaveAttribute("data-freshness", "silent");
    await expect(page.locator("[data-frozen]")).toContainText("The server does not answer");
    const clock = row.getByRole("gridcell").last();
    const standing = await clock.innerText();
    await row.getByRole("link").click();
    await page
      .getByRole("navigation", { name: "Pages" })
      .getByRole("link", { name: /^Tokens\b/ })
      .click();
    await expect(page.getByText("The server does not answer", { exact: true }).first()).toBeVisible();
    await expect(row).toBeVisible();
    await expect(page).toHaveURL(new RegExp(`/runs\\?tag=${tag}$`));
    expect(await clock.innerText()).toBe(standing);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await expect(freshness(page)).toHaveAttribute("data-freshness", /live|paused/);
  await expect(page.locator("[data-frozen]")).toHaveCount(0);
  await ask("POST", `/api/v2/runs/${id}/cancel`);
  await expect(row).toHaveAttribute("data-status", "CANCELED");
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: /^Tokens\b/ })
    .click();
  await expect(page).toHaveURL(/\/tokens$/);
  await expectNotReloaded(page);
});
