import { expect, test, type Page } from "@playwright/test";
import axe, { type AxeResults } from "axe-core";
import { serverUnderTest } from "../global-setup";
import { ask, retrieve, trigger, unique } from "./api";

declare global {
  interface Window {
    axe: typeof axe;
  }
}

const standard = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What breaks WCAG 2.2 AA on the page as it is, a line each: the rule, the element, and what to do. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<AxeResults, string[]>((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), standard);
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary?.split("\n")[1]?.trim()}`));
}

for (const theme of ["light", "dark"]) {
  test.describe(`in the ${theme} theme`, () => {
    test.beforeEach(async ({ page, context }) => {
      await context.addCookies([{ name: "theme", value: theme, url: serverUnderTest().origin }]);
      // What appears would be judged while it fades in.
      await page.emulateMedia({ reducedMotion: "reduce" });
    });

    test.describe("without a session", () => {
      test.use({ storageState: { cookies: [], origins: [] } });

      test("the sign-in page is accessible", async ({ page }) => {
        await page.goto("/sign-in");
        expect(await violations(page)).toEqual([]);
      });
    });

    test("every page is accessible, with real things on it", async ({ page }) => {
      test.setTimeout(180_000);
      const tags = [unique("accessible")];
      const done = await trigger("index-docs", {}, { tags });
      const failed = await trigger("flaky-step", { file: "no/such/file" }, { tags });
      const asks = await trigger("approve-refund", { orderId: unique("order"), customer: "Ada", amount: 12, reason: "Broken", timeout: "5m" }, { tags });
      await trigger("index-docs", {}, { tags, delay: "5m" });
      await ask("POST", "/api/v1/projects/proj_signalbox_examples/envvars/prod/import", { body: { variables: { ACCESSIBLE: "value", ACCESSIBLE_TOO: "" } } });
      const { body: token } = await ask("POST", "/api/v1/waitpoints/tokens", { body: { timeout: "5m", tags } });
      for (const [id, status] of Object.entries({ [done]: "COMPLETED", [failed]: "FAILED", [asks]: "WAITING" })) await expect.poll(async () => (await retrieve(id)).status).toBe(status);

      const { body: bulk } = await ask("POST", "/api/v1/bulk-actions", { body: { action: "cancel", runIds: [done, "run_unknown"], name: tags[0] } });
      const { body: failedRuns } = await ask("GET", `/api/v1/errors?page%5Bsize%5D=1`);
      const paths = [
        "/runs",
        `/runs?tag=${tags[0]}&status=CRASHED`,
        ...["output", "metadata", "logs", "timeline", "relations"].map((tab) => `/runs/${done}?tab=${tab}`),
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
        "/insights",
        "/insights?by=version&hours=1",
        "/queues",
        "/alerts",
        "/alerts?new=wait&task=index-docs",
        "/deployments",
        "/variables",
        "/schedules",
        "/test?task=nightly-digest",
        "/keys",
        "/environments",
        "/team",
        "/account",
        "/settings",
      ];
      for (const path of paths) {
        await page.goto(path);
        await expect(page.locator("[data-freshness=live]")).toBeVisible();
        expect.soft(await violations(page), path).toEqual([]);
      }
    });
  });
}
