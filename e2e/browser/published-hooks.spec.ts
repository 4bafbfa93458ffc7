import { createServer } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "@playwright/test";
import { auth, batch, configure, runs, tasks, wait } from "upstream-sdk";
import { serverUnderTest } from "../global-setup";
import { unique } from "./api";

/** The published React hooks, unchanged, in a page of another origin: every preflight, exposed header and long poll is the browser's own. */
async function application(given: object): Promise<{ url: string; close(): Promise<void> }> {
  const bundled = await build({
    entryPoints: [join(import.meta.dirname, "fixtures", "published-hooks-page.tsx")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    jsx: "automatic",
    // Loaded by name where there is one: a browser never asks for it.
    external: ["node:*"],
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  const page = `<!doctype html><title>Another application</title><div id="root"></div>
    <script type="application/json" id="given">${JSON.stringify(given)}</script><script type="module" src="/page.js"></script>`;
  const server = createServer((request, response) => {
    if (request.url === "/page.js") response.setHeader("content-type", "text/javascript").end(bundled.outputFiles[0]?.text);
    else response.setHeader("content-type", "text/html").end(page);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}/`, close: () => new Promise((done) => server.close(() => done())) };
}

const refund = (orderId: string, reason = "x") => ({ orderId, customer: "Someone", amount: 5, reason, timeout: "5m" });

test("the published hooks trigger, follow, answer and read with public tokens from another origin", async ({ page }) => {
  const { origin, secretKey } = serverUnderTest();
  configure({ baseURL: origin, accessToken: secretKey });
  const name = unique("hooks");
  const later = { delay: "1h", tags: name };
  const made = await batch.trigger([
    { id: "approve-refund", payload: refund(name), options: later },
    { id: "approve-refund", payload: refund(name), options: later },
  ]);
  const offloaded = refund(name, "é".repeat(200_000));
  const large = await tasks.trigger("approve-refund", offloaded, { delay: "1h" });
  const waitToken = await wait.createToken({ timeout: "10m" });
  const app = await application({
    baseURL: origin,
    triggerToken: await auth.createTriggerPublicToken("stream-report"),
    waitToken: { id: waitToken.id, publicAccessToken: waitToken.publicAccessToken },
    batch: { id: made.batchId, publicAccessToken: made.publicAccessToken },
    tag: { name, publicAccessToken: await auth.createPublicToken({ scopes: { read: { tags: name } } }) },
    large: { id: large.id, publicAccessToken: large.publicAccessToken },
  });
  try {
    await page.goto(app.url);
    const shown = (what: string) => page.getByRole("status", { name: what });
    await expect(shown("large payload")).toHaveText(`DELAYED ${JSON.stringify(offloaded).length}`);
    await expect(shown("batch")).toHaveText("DELAYED,DELAYED");
    await expect(shown("tagged")).toHaveText("DELAYED,DELAYED");
    for (const id of (await batch.retrieve(made.batchId)).runs) await runs.cancel(id);
    await expect(shown("batch")).toHaveText("CANCELED,CANCELED");
    await expect(shown("tagged")).toHaveText("CANCELED,CANCELED");
    await page.getByRole("button", { name: "Approve" }).click();
    await expect(shown("answer")).toHaveText("true");
    expect((await wait.retrieveToken(waitToken.id)).output).toEqual({ approved: true });
    await page.getByRole("button", { name: "Write the report" }).click();
    await expect(shown("report")).toHaveText("COMPLETED # Hooks", { timeout: 30_000 });
    await expect(shown("retrieved")).toHaveText("COMPLETED from-a-browser");
    await expect(shown("stream")).toHaveText("# Hooks");
    // The token was for one run.
    await page.getByRole("button", { name: "Write the report" }).click();
    await expect(shown("report")).toContainText("already been used");
  } finally {
    await runs.cancel(large.id);
    await app.close();
  }
});
