import { gzipSync } from "node:zlib";
import { expect, test, type APIRequestContext } from "@playwright/test";
import { pagePaths } from "../../bench/product/pages";
import { trigger } from "./api";

/**
 * Of all scripts that a page names in its document, each compressed by itself: what a browser fetches before the page answers. React and
 * Next's router are 131 KB of it. Runs and Run are the pages that show most.
 */
const mostKb = (path: string): number => (path.startsWith("/runs") ? 212 : path === "/test" || path.endsWith("tokens") ? 202 : 192);
const sizes = new Map<string, number>();

async function sizeOf(request: APIRequestContext, script: string): Promise<number> {
  const known = sizes.get(script);
  if (known !== undefined) return known;
  const answer = await request.get(script);
  expect(answer.status(), script).toBe(200);
  const size = gzipSync(await answer.body(), { level: 9 }).length / 1_000;
  sizes.set(script, size);
  return size;
}

test("no page needs more scripts to begin with than it has leave for", async ({ request }) => {
  const run = await trigger("index-docs", {});
  for (const path of [...pagePaths, `/runs/${run}`]) {
    const document = await request.get(path);
    expect(document.status(), path).toBe(200);
    const text = await document.text();
    // Browsers that know modules leave this one where it is.
    const old = /src="([^"]+)"/.exec(/<script[^>]*\bnomodule\b[^>]*>/i.exec(text)?.[0] ?? "")?.[1];
    expect(old, path).toBeDefined();
    const scripts = new Set(text.match(/\/_next\/static\/[\w./~-]+\.js/g)?.filter((script) => script !== old));
    expect(scripts.size, path).toBeGreaterThan(3);
    let kb = 0;
    for (const script of scripts) kb += await sizeOf(request, script);
    expect.soft(Math.round(kb), path).toBeLessThanOrEqual(mostKb(path));
  }
});
