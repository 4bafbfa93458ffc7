import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type BrowserContext } from "@playwright/test";
import type { Cleanup } from "../cleanup";
import { root, type ProductServer } from "./server";

/** A browser that is signed in as the first admin. */
export async function openBrowser(server: ProductServer, cleanup: Cleanup): Promise<BrowserContext> {
  const { ensureChromium }: { ensureChromium(): string | undefined } = await import(
    pathToFileURL(join(root, "scripts", "chromium.mjs")).href
  );
  const executablePath = ensureChromium();
  const browser: Browser = await chromium.launch({ ...(executablePath !== undefined && { executablePath }) });
  cleanup.add(() => browser.close());
  const origin = `http://127.0.0.1:${server.port}`;
  const context = await browser.newContext({ baseURL: origin, viewport: { width: 1440, height: 900 } });
  const data = { code: server.setupCode(), name: "Bench", email: "bench@example.com", password: "a long enough password" };
  const answer = await context.request.post("/api/setup", { data, headers: { origin } });
  if (!answer.ok()) throw new Error(`the first admin could not be made: ${answer.status()} ${await answer.text()}`);
  return context;
}
