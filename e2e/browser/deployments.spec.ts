import { expect, test } from "@playwright/test";
import { makeFirstAdmin } from "../global-setup";
import { clientOf } from "../start/client";
import { commandLine } from "../start/command-line";
import { createProject, startServer, type ServerProcess } from "../start/server-process";
import { openLive } from "./live-page";

const task = (id: string, body: string) =>
  `import { task, wait } from "@trigger.dev/sdk";\nexport const ${id} = task({ id: "${id}", run: async (payload: { token?: string }) => { if (payload.token) await wait.forToken(payload.token); return ${body}; } });\n`;

test("a version is rolled back to at once; runs that wait keep theirs", async ({ browser }) => {
  test.setTimeout(180_000);
  const project = createProject();
  project.write("trigger/greet.ts", task("greet", '"one"'));
  let server: ServerProcess = await startServer(project);
  const stop = async () => {
    server.kill("SIGTERM");
    await server.ended;
  };
  try {
    const secretKey = server.secretKey ?? "";
    const storageState = await makeFirstAdmin(server);
    await stop();
    project.write("trigger/greet.ts", task("greet", '"two"'));
    project.write("trigger/extra.ts", task("extra", "0"));
    server = await startServer(project);
    const client = clientOf(server.origin, secretKey);
    const output = async (payload: object) => {
      const id = await client.trigger("greet", payload);
      await client.ended(id);
      return (await client.run(id)).output;
    };
    const token = (await (
      await fetch(`${server.origin}/api/v1/waitpoints/tokens`, {
        method: "POST",
        headers: { authorization: `Bearer ${secretKey}`, "content-type": "application/json" },
        body: "{}",
      })
    ).json()) as { id: string }; // as the wire contract says
    const waiting = await client.trigger("greet", { token: token.id });

    const context = await browser.newContext({ storageState, baseURL: server.origin });
    const page = await context.newPage();
    await openLive(page, "/deployments");
    const newest = page.getByRole("row", { name: /\d{8}\.2/ });
    const oldest = page.getByRole("row", { name: /\d{8}\.1/ });
    await expect(newest).toContainText("current");
    await expect(newest).toContainText("1 new");
    await newest.getByRole("button", { name: /^Show details/ }).click();
    await expect(page.getByText("New tasks")).toBeVisible();
    await expect(page.getByRole("listitem").filter({ hasText: "Needs answer" }).getByRole("link", { name: "greet" })).toHaveAttribute(
      "href",
      `/runs/${waiting}`,
    );
    expect(await output({})).toBe("two");

    await oldest.getByRole("button", { name: "Roll back" }).click();
    await expect(page.getByRole("dialog")).toContainText(/1 run on \d{8}\.2 will finish there/);
    await page.getByRole("button", { name: "Roll back", exact: true }).last().click();
    await expect(oldest).toContainText("current");
    expect(await output({})).toBe("one");
    await fetch(`${server.origin}/api/v1/waitpoints/tokens/${token.id}/complete`, {
      method: "POST",
      headers: { authorization: `Bearer ${secretKey}`, "content-type": "application/json" },
      body: "{}",
    });
    await client.ended(waiting);
    expect((await client.run(waiting)).output).toBe("two");

    const cli = commandLine({ TRIGGER_API_URL: server.origin, TRIGGER_SECRET_KEY: secretKey });
    project.write("trigger/broken.ts", 'throw new Error("no database here");\n');
    expect(await cli(["deploy", project.directory])).toMatchObject({ code: 1 });
    const failed = page.getByRole("row", { name: /\d{8}\.3/ });
    await expect(failed).toContainText("failed");
    await expect(failed.getByRole("button", { name: /Promote|Roll back/ })).toHaveCount(0);
    await failed.getByRole("button", { name: /^Show details/ }).click();
    await expect(page.getByRole("heading", { name: "What the server said" })).toBeVisible();
    await expect(page.getByText(/trigger\/broken\.ts:1:7: no database here/).first()).toBeVisible();
    project.write("trigger/broken.ts", "export {};\n");
    project.write("trigger/greet.ts", task("greet", '"three"'));
    expect(await cli(["deploy", project.directory])).toMatchObject({ code: 0 });
    await expect(page.getByRole("row", { name: /\d{8}\.4/ })).toContainText("current");
    cli.remove();
    await context.close();
  } finally {
    await stop();
    project.remove();
  }
});
