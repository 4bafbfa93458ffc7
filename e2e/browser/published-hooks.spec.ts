import { createServer } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "@playwright/test";
import { auth, batch, configure, runs, tasks, wait } from "upstream-sdk";
import { serverUnderTest } from "../global-setup";
import { unique } from "./api";

const root = join(import.meta.dirname, "..", "..");

/** React hooks in a page of another origin: every preflight, exposed header, long poll and socket is the browser's own. */
async function application(hooks: string, given: object): Promise<{ url: string; close(): Promise<void> }> {
  const bundled = await build({
    entryPoints: [join(import.meta.dirname, "fixtures", "published-hooks-page.tsx")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    jsx: "automatic",
    // Loaded by name where there is one: a browser never asks for it.
    external: ["node:*"],
    alias: { "upstream-react-hooks": hooks },
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

/** The first that was sent into the run. */
async function firstInput(runId: string, stream: string): Promise<unknown> {
  const { origin, secretKey } = serverUnderTest();
  const response = await fetch(`${origin}/realtime/v1/streams/${runId}/input/${stream}`, {
    headers: { authorization: `Bearer ${secretKey}`, "timeout-seconds": "5" },
  });
  let text = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    const [, line] = /^data: (.*)$/m.exec(text) ?? [];
    if (line !== undefined) return JSON.parse(line);
  }
  throw new Error(`nothing was sent: ${text}`);
}

const refund = (orderId: string, reason = "x") => ({ orderId, customer: "Someone", amount: 5, reason, timeout: "5m" });

const packages = [
  { name: "the published hooks", hooks: "upstream-react-hooks", isPushed: false },
  { name: "our own hooks, as the package ships them,", hooks: join(root, "dist", "react-hooks", "index.js"), isPushed: true },
];
const does = "trigger, follow, answer and read with public tokens from another origin";
for (const { name: whose, hooks, isPushed } of packages)
  test(`${whose} ${does}`, async ({ page }) => {
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
    const app = await application(hooks, {
      baseURL: origin,
      triggerToken: await auth.createTriggerPublicToken("stream-report"),
      refundToken: await auth.createTriggerPublicToken("approve-refund", { multipleUse: true }),
      refund: refund(name),
      waitToken: { id: waitToken.id, publicAccessToken: waitToken.publicAccessToken },
      batch: { id: made.batchId, publicAccessToken: made.publicAccessToken },
      tag: { name, publicAccessToken: await auth.createPublicToken({ scopes: { read: { tags: name } } }) },
      large: { id: large.id, publicAccessToken: large.publicAccessToken },
    });
    const polls: string[] = [];
    const sockets: string[] = [];
    page.on("request", (request) => void (/\/realtime\/v1\/(?:runs|batches)/.test(request.url()) && polls.push(request.url())));
    page.on("websocket", (socket) => void sockets.push(socket.url()));
    try {
      await page.goto(app.url);
      const shown = (what: string) => page.getByRole("status", { name: what, exact: true });
      await expect(shown("large payload")).toHaveText(`DELAYED ${JSON.stringify(offloaded).length}`);
      await expect(shown("batch")).toHaveText("DELAYED,DELAYED");
      await expect(shown("tagged")).toHaveText("DELAYED,DELAYED");
      for (const id of (await batch.retrieve(made.batchId)).runs) await runs.cancel(id);
      await expect(shown("batch")).toHaveText("CANCELED,CANCELED");
      await expect(shown("tagged")).toHaveText("CANCELED,CANCELED");
      await page.getByRole("button", { name: "Trigger", exact: true }).click();
      await expect(shown("triggered")).toHaveText(/^run_/);
      await page.getByRole("button", { name: "Trigger and follow" }).click();
      await expect(shown("followed")).toHaveText("DELAYED");
      await page.getByRole("button", { name: "Send" }).click();
      await expect(shown("sent")).toHaveText("true");
      const followed = await shown("followed run").innerText();
      expect(await firstInput(followed, "words")).toBe("hello from a page");
      for (const id of [followed, await shown("triggered").innerText()]) await runs.cancel(id);
      await expect(shown("followed")).toHaveText("CANCELED");
      await page.getByRole("button", { name: "Approve" }).click();
      await expect(shown("answer")).toHaveText("true");
      expect((await wait.retrieveToken(waitToken.id)).output).toEqual({ approved: true });
      await page.getByRole("button", { name: "Write the report" }).click();
      await expect(shown("report")).toHaveText("COMPLETED # Hooks", { timeout: 30_000 });
      await expect(shown("retrieved")).toHaveText("COMPLETED from-a-browser");
      await expect(shown("stream")).toHaveText("# Hooks");
      await expect(shown("run with streams")).toHaveText("COMPLETED # Hooks");
      // The token was for one run.
      await page.getByRole("button", { name: "Write the report" }).click();
      await expect(shown("report")).toContainText("already been used");
      await expect(shown("ended")).toHaveText("");
      await runs.cancel(large.id);
      await expect(shown("ended")).toHaveText("CANCELED");
      expect({ polls: polls.length > 0, sockets: sockets.length > 0 }).toEqual({ polls: !isPushed, sockets: isPushed });
    } finally {
      await runs.cancel(large.id);
      await app.close();
    }
  });
