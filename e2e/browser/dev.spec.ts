import { expect, test } from "@playwright/test";
import { makeFirstAdmin } from "../global-setup";
import { createProject, startServer } from "../start/server-process";
import { expectNotReloaded, openLive } from "./live-page";

const task = (body: string) =>
  `import { task } from "@trigger.dev/sdk";\nexport const greet = task({ id: "greet", run: async () => ${body} });\n`;

test("in dev a file that does not build is named on the open page, and the notice goes when it is repaired", async ({ browser }) => {
  test.setTimeout(180_000); // Next compiles the dashboard on the first visit
  const project = createProject();
  project.write("trigger/greet.ts", task('"hello"'));
  const server = await startServer(project, {}, "dev");
  try {
    const context = await browser.newContext({ storageState: await makeFirstAdmin(server), baseURL: server.origin });
    const page = await context.newPage();
    page.setDefaultNavigationTimeout(120_000);
    await openLive(page, "/runs");
    const notice = page.getByRole("alert").filter({ hasText: "The tasks do not build. The last good version goes on." });
    await expect(notice).toBeHidden();

    project.write("trigger/greet.ts", task("("));
    await expect(notice).toBeVisible({ timeout: 20_000 });
    await notice.getByText("why").click();
    await expect(notice).toContainText(/trigger\/greet\.ts:2:\d+: /);
    await page.reload();
    await expect(notice).toBeVisible();

    await openLive(page, "/runs");
    project.write("trigger/greet.ts", task('"hello again"'));
    await expect(notice).toBeHidden({ timeout: 20_000 });
    await expectNotReloaded(page);
    await context.close();
  } finally {
    server.kill("SIGTERM");
    await server.ended;
    project.remove();
  }
});
