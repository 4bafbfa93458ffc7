import { expect, type Page } from "@playwright/test";

/** Opens a page of the dashboard and waits for its live connection: before that, keys and changes are not heard. */
export async function openLive(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(freshness(page)).toHaveAttribute("data-freshness", "live");
  await page.evaluate(() => document.documentElement.setAttribute("data-first-load", ""));
}

export const freshness = (page: Page) => page.locator("[data-freshness]");

/** All that the page may open has been loaded. */
export const expectParts = (page: Page) => expect(page.locator("html")).toHaveAttribute("data-parts", "here", { timeout: 20_000 });

/** What the page shows came to it without loading it again. */
export const expectNotReloaded = (page: Page) => expect(page.locator("html")).toHaveAttribute("data-first-load", "");

/** Records status and text of an element at each change, whether or not it exists yet: a poll could miss a short one. */
export async function recordTexts(page: Page, selector: string): Promise<() => Promise<string[]>> {
  await page.evaluate((wanted) => {
    const seen: string[] = [];
    const look = () => {
      const element = document.querySelector<HTMLElement>(wanted);
      const text = `${element?.dataset.status} ${element?.textContent}`;
      if (element && text !== seen.at(-1)) seen.push(text);
      document.documentElement.dataset.seenTexts = JSON.stringify(seen);
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
    look();
  }, selector);
  return async () => JSON.parse((await page.locator("html").getAttribute("data-seen-texts")) ?? "[]");
}
