import type { Page } from "@playwright/test";

/** Heard in a page from its beginning: how far its content moved by itself, tasks that held it up, and how long input waited for its frame. */
interface Heard {
  shift: number;
  longTasks: number[];
  inputs: number[];
}

/** Before the page is opened. */
export async function listen(page: Page): Promise<void> {
  await page.addInitScript(hear);
}

function hear(): void {
  const heard: Heard = { shift: 0, longTasks: [], inputs: [] };
  Object.assign(window, { heard });
  const observe = (type: string, take: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({
      type,
      buffered: true,
      durationThreshold: 16,
    } as PerformanceObserverInit);
  observe("layout-shift", (entry) => {
    const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean }; // of this type of entry
    if (!hadRecentInput) heard.shift += value;
  });
  observe("longtask", (entry) => heard.longTasks.push(entry.duration));
  observe("event", (entry) => heard.inputs.push(entry.duration));
}

export const heardIn = (page: Page): Promise<Heard> => page.evaluate(() => (window as unknown as { heard: Heard }).heard); // put there by hear

export interface Frames {
  /** Per second. */
  rate: number;
  longestMs: number;
}

/** Frames of so many ms, during which the element scrolls on by so many px each, to and fro. */
export const scrolled = (page: Page, { selector, ms, px }: { selector: string; ms: number; px: number }): Promise<Frames> =>
  page.evaluate(
    (wanted) =>
      new Promise<Frames>((done) => {
        let element: Element | null = document.querySelector(wanted.selector);
        while (element !== null && element.scrollHeight <= element.clientHeight) element = element.parentElement;
        const started = performance.now();
        let [last, frames, longestMs, step] = [started, 0, 0, wanted.px];
        const next = (now: number) => {
          frames += 1;
          longestMs = Math.max(longestMs, now - last);
          last = now;
          if (element !== null && wanted.px !== 0) {
            const before = element.scrollTop;
            element.scrollTop += step;
            if (element.scrollTop === before) step = -step;
          }
          if (now - started < wanted.ms) requestAnimationFrame(next);
          else done({ rate: (frames * 1_000) / (now - started), longestMs });
        };
        requestAnimationFrame(next);
      }),
    { selector, ms, px },
  );
