import { expect, test } from "@playwright/test";
import { makeFirstAdmin } from "../global-setup";
import { clientOf } from "../start/client";
import { createProject, startServer } from "../start/server-process";
import { openLive } from "./live-page";

test("a second environment is made, gets a version, is switched to by keyboard and remembered; each address shows its own", async ({
  browser,
}) => {
  test.setTimeout(180_000);
  const project = createProject();
  const server = await startServer(project);
  try {
    const storageState = await makeFirstAdmin(server);
    const context = await browser.newContext({ storageState, baseURL: server.origin });
    const page = await context.newPage();
    await openLive(page, "/environments");
    await page.getByRole("button", { name: "Create environment" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Create environment" }).click();
    const key =
      (await page
        .getByRole("dialog")
        .getByText(/^tr_stg_\w{32}$/)
        .first()
        .textContent()) ?? "";
    await page.getByRole("button", { name: "I have copied it" }).click();
    await expect(page.getByRole("row", { name: /staging/ })).toContainText("Served");

    // By keyboard alone: the switcher, then the other environment.
    await page.keyboard.press("g");
    await page.keyboard.press("x");
    const places = page.getByRole("navigation", { name: "Environments" });
    await expect(places.getByRole("link", { name: /prod/ })).toHaveAttribute("aria-current", "true");
    await places.getByRole("link", { name: /staging/ }).focus();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/env\/staging\/runs$/);
    await expect(page.getByRole("button", { name: "Environment staging" })).toBeVisible();
    await expect(page).toHaveTitle(/Runs · staging · Signalbox/);
    await expect(page.getByText("Nothing is deployed here yet")).toBeVisible();

    await page.getByRole("link", { name: "Deployments of prod" }).click();
    await expect(page).toHaveURL(/\/deployments$/);
    await page.getByRole("button", { name: /^Deploy to…/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Deploy", exact: true }).click();
    await expect(page.getByText(/Deployed to staging as \d{8}\.1/)).toBeVisible();

    // Its runs come live to its own list, and to no other one.
    await openLive(page, "/env/staging/runs");
    const other = await context.newPage();
    await openLive(other, "/runs");
    const staging = clientOf(server.origin, key);
    const run = await staging.trigger("slow", { ms: 1 });
    await expect(page.getByRole("link", { name: "slow" }).first()).toBeVisible();
    await staging.ended(run);
    await expect(other.getByText("No runs yet")).toBeVisible();
    await page.getByRole("link", { name: "slow" }).first().click();
    await expect(page).toHaveURL(new RegExp(`/env/staging/runs/${run}`));
    await expect(page.getByText("Completed").first()).toBeVisible();
    await page.reload();
    await expect(page.getByText("Completed").first()).toBeVisible();
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Tasks" }).click();
    await expect(page).toHaveURL(/\/env\/staging\/tasks$/);
    await expect(page.getByRole("link", { name: "answer" })).toHaveAttribute("href", "/env/staging/tasks/answer");
    // The run is none of the main environment's.
    await other.goto(`/runs/${run}`);
    await expect(other.getByText("Not found here")).toBeVisible();

    // Where this browser was last, and where the palette leads.
    await page.bringToFront();
    await openLive(page, "/env/staging/queues");
    await page.goto("/");
    await expect(page).toHaveURL(/\/env\/staging\/runs$/);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("switch to prod");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/^[^/]+\/\/[^/]+\/runs$/);
    await page.goto("/env/nothing/runs");
    await expect(page.getByText(/no such page|not found/i).first()).toBeVisible();
    await context.close();
  } finally {
    server.kill("SIGTERM");
    await server.ended;
    project.remove();
  }
});
