import { createServer } from "node:http";
import { expect, test, type Page } from "@playwright/test";
import { serverUnderTest } from "../global-setup";
import { ask, trigger, unique } from "./api";

/** A page of another origin, as an application would serve it. It follows a run with nothing but the token. */
async function otherPage(html: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end(html));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}/`, close: () => new Promise((done) => server.close(() => done())) };
}

const follower = (
  origin: string,
  token: string,
  path: string,
) => `<!doctype html><title>Another application</title><pre></pre><script type="module">
  const out = document.querySelector("pre");
  let query = "log=full&offset=-1";
  for (;;) {
    const answer = await fetch(${JSON.stringify(origin + path)} + "?" + query, { headers: { authorization: "Bearer ${token}" } });
    if (!answer.ok) { out.textContent += "refused " + answer.status + "\\n"; break; }
    const rows = (await answer.json()).filter((message) => message.value).map((message) => message.value);
    for (const row of rows) out.textContent += row.status + " " + (row.metadata ?? "") + "\\n";
    if (rows.some((row) => row.completedAt)) { out.textContent += "end"; break; }
    query = new URLSearchParams({ log: "full", live: "true", cursor: answer.headers.get("electric-cursor") ?? "", handle: answer.headers.get("electric-handle"), offset: answer.headers.get("electric-offset") });
  }
</script>`;

async function mint(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Make the token" }).click();
  return page.locator("code.select-all").innerText();
}

test("a token for one run, made by choosing it, works from another page and for nothing else", async ({ page, context }) => {
  const { origin } = serverUnderTest();
  const run = await trigger("approve-refund", { orderId: unique("order"), customer: "Someone", amount: 5, reason: "x", timeout: "5m" });
  const other = await trigger("reminder", { to: "ada", message: "x", afterSeconds: [600] });
  await page.goto("/public-tokens");
  await page.getByLabel("Search runs", { exact: true }).fill(run);
  await page.getByRole("list", { name: "runs" }).getByRole("button", { name: run }).click();
  await expect(page.getByRole("list", { name: "Scopes", exact: true })).toContainText(`read:runs:${run}`);
  await expect(page.getByRole("region", { name: "Meaning" })).toContainText("See any other run");
  const note = unique("note");
  await page.getByLabel("Note").fill(note);
  const token = await mint(page);
  expect(token.split(".")).toHaveLength(3);
  await expect(page.getByText("useRealtimeRun(")).toBeVisible();

  // Its own subscriber proves it without the session.
  await page.getByRole("button", { name: "Subscribe with this token" }).click();
  await expect(page.getByRole("list", { name: "What the token sees" })).toContainText(run);

  const application = await otherPage(follower(origin, token, `/realtime/v1/runs/${run}`));
  const stranger = await otherPage(follower(origin, token, `/realtime/v1/runs/${other}`));
  try {
    const elsewhere = await context.newPage();
    await elsewhere.goto(application.url);
    await expect(elsewhere.locator("pre")).toContainText("WAITING_TO_RESUME");
    await ask("POST", `/api/v2/runs/${run}/cancel`);
    await expect(elsewhere.locator("pre")).toContainText("CANCELED");
    await expect(elsewhere.locator("pre")).toContainText("end");
    await elsewhere.goto(stranger.url);
    await expect(elsewhere.locator("pre")).toContainText("refused 403");
  } finally {
    await Promise.all([application.close(), stranger.close()]);
    await ask("POST", `/api/v2/runs/${other}/cancel`);
  }
  expect((await ask("POST", "/api/v1/tasks/index-docs/trigger", { body: { payload: {} }, token })).status).toBe(403);

  // The list knows it, and revoking ends it.
  await page.reload();
  const line = page.getByRole("row", { name: new RegExp(note) });
  await expect(line).toContainText("active");
  await line.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("button", { name: "Revoke token" }).click();
  await expect(line).toContainText("Revoked");
  expect((await ask("GET", `/api/v3/runs/${run}`, { token })).status).toBe(401);
});

test("a one-time token triggers once", async ({ page }) => {
  await page.goto("/public-tokens?scope=trigger:tasks:index-docs");
  await page.getByLabel("One time").click();
  const token = await mint(page);
  await expect(page.getByText("useRealtimeTaskTrigger(")).toBeVisible();
  await page.getByRole("button", { name: "Trigger index-docs with this token" }).click();
  await expect(page.getByRole("list", { name: "What the token sees" })).toContainText("COMPLETED_SUCCESSFULLY");
  const { status, body } = await ask("POST", "/api/v1/tasks/index-docs/trigger", { body: { payload: {} }, token });
  expect(status).toBe(422);
  expect(body.error).toMatch(/one-time/i);
});

test("what is too wide is warned of, what means nothing is refused", async ({ page }) => {
  await page.goto("/public-tokens?scope=admin");
  await expect(page.getByText("as good as a secret key")).toBeVisible();
  await page.getByText("Type a scope").click();
  await page.getByLabel("Scope", { exact: true }).fill("eat:runs");
  await expect(page.getByText("Nothing on this server reads eat:runs")).toBeVisible();
});
