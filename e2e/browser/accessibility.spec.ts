import { expect, test, type Page } from "@playwright/test";
import axe, { type AxeResults } from "axe-core";
import { serverUnderTest } from "../global-setup";
import { ask, retrieve, trigger, unique } from "./api";

declare global {
  interface Window {
    axe: typeof axe;
  }
}

const all = { type: "tag" as const, values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] };
/** Those of them that another theme can break. */
const ofColours = { type: "rule" as const, values: ["color-contrast", "link-in-text-block"] };

/** What breaks WCAG 2.2 AA on the page as it is, a line each: the rule, the element, and what to do. */
async function violations(page: Page, rules: typeof all | typeof ofColours = all): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<AxeResults, typeof rules>((runOnly) => window.axe.run(document, { runOnly }), rules);
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary?.split("\n")[1]?.trim()}`),
  );
}

const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

// What appears would be judged while it fades in.
test.beforeEach(({ page }) => page.emulateMedia({ reducedMotion: "reduce" }));

test.describe("without a session", () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  for (const theme of ["light", "dark"]) {
    test(`the sign-in page is accessible in the ${theme} theme`, async ({ page, context }) => {
      await context.addCookies([{ name: "theme", value: theme, url: serverUnderTest().origin }]);
      await page.goto("/sign-in");
      await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
      expect(await violations(page)).toEqual([]);
    });
  }
});

test("every page is accessible in both themes, with real things on it", async ({ page, context }) => {
  await context.addCookies([{ name: "theme", value: "light", url: serverUnderTest().origin }]);
  test.setTimeout(240_000);
  const tags = [unique("accessible")];
  const done = await trigger("index-docs", {}, { tags });
  const failed = await trigger("flaky-step", { file: "no/such/file" }, { tags });
  const asks = await trigger(
    "approve-refund",
    { orderId: unique("order"), customer: "Ada", amount: 12, reason: "Broken", timeout: "5m" },
    { tags },
  );
  await trigger("index-docs", {}, { tags, delay: "5m" });
  await ask("POST", "/api/v1/projects/proj_signalbox_examples/envvars/prod/import", {
    body: { variables: { ACCESSIBLE: "value", ACCESSIBLE_TOO: "" } },
  });
  const { body: token } = await ask("POST", "/api/v1/waitpoints/tokens", { body: { timeout: "5m", tags } });
  for (const [id, status] of Object.entries({ [done]: "COMPLETED", [failed]: "FAILED", [asks]: "WAITING" }))
    await expect.poll(async () => (await retrieve(id)).status).toBe(status);

  const { body: bulk } = await ask("POST", "/api/v1/bulk-actions", {
    body: { action: "cancel", runIds: [done, "run_unknown"], name: tags[0] },
  });
  const { body: failedRuns } = await ask("GET", `/api/v1/errors?page%5Bsize%5D=1`);
  const paths = [
    "/runs",
    `/runs?tag=${tags[0]}&status=CRASHED`,
    ...["output", "metadata", "logs", "timeline", "relations", "compare"].map((tab) => `/runs/${done}?tab=${tab}`),
    `/runs/${done}?dock=logs`,
    "/runs?col=task&col=metadata.progress&col=queue&col=attempts",
    ...["error", "task", "tag"].map((group) => `/runs?group=${group}`),
    `/runs/${failed}`,
    `/runs/${asks}`,
    "/errors?state=all",
    `/errors/${failedRuns.data[0]?.id}`,
    "/bulk",
    "/audit",
    "/batches",
    `/bulk/${bulk.id}`,
    "/tasks",
    "/tasks/index-docs",
    "/test?task=approve-refund",
    "/test?task=check-docs",
    "/tokens",
    `/tokens?token=${token.id}`,
    "/tokens?view=answered",
    "/public-tokens?scope=read:tasks:index-docs",
    "/queues",
    "/deployments",
    "/variables",
    "/schedules",
    "/test?task=nightly-digest",
    "/keys",
    "/reference",
    "/environments",
    "/team",
    "/account",
    "/insights",
    "/insights?by=version&hours=1",
    "/alerts",
    "/alerts?new=wait&task=index-docs",
    "/settings",
  ];
  for (const path of paths) {
    await page.goto(path);
    await expect(page.locator("[data-freshness=live]")).toBeVisible();
    expect.soft(await violations(page), path).toEqual([]);
    const light = await ground(page);
    // As the menu does.
    await page.evaluate(() => (document.documentElement.dataset.theme = "dark"));
    expect(await ground(page)).not.toBe(light);
    expect.soft(await violations(page, ofColours), `${path} in the dark`).toEqual([]);
  }
});
