import { createStore, type Subscribable } from "../view/store";

/** Commit → paint of what this page shows, in ms. */
export interface Freshness {
  lastMs: number;
  medianMs: number;
}

export interface FreshnessMeter {
  freshness: Subscribable<Freshness | null>;
  /** A change committed at `at` (server's clock) was handed to the views; the sample is taken when it is on the screen. */
  changed(at: number): void;
  /** Nobody looks: what waits for its paint is painted when somebody does, and measures nothing. */
  hidden(): void;
  close(): void;
}

/** Slower than this is not live in the eyes of who watches. */
export const slowMs = 1_000;
/** What was measured longer ago says nothing about now. */
const measuredForMs = 60_000;

const keptSamples = 31;
/** The pill is for people, and the server's histogram needs samples, not every frame. */
const announceEveryMs = 250;

export function createFreshnessMeter(options: {
  /** Calls back when what was notified so far is painted. */
  afterPaint: (then: () => void) => void;
  serverNow: () => number;
  report: (ms: number) => void;
  isSeen: () => boolean;
}): FreshnessMeter {
  const freshness = createStore<Freshness | null>(null);
  let samples: number[] = [];
  let announcedAt = -Infinity;
  let oldest: number | null = null;
  /** Of the paint that is waited for; another one after the page was hidden. */
  let round = 0;
  let outdated: ReturnType<typeof setTimeout> | undefined;

  function forget(): void {
    samples = [];
    freshness.set(null);
  }

  function painted(): void {
    if (oldest === null) return;
    const at = options.serverNow();
    const ms = Math.max(0, at - oldest);
    oldest = null;
    samples = [...samples, ms].slice(-keptSamples);
    clearTimeout(outdated);
    outdated = setTimeout(forget, measuredForMs);
    if (at - announcedAt < announceEveryMs) return;
    announcedAt = at;
    const sorted = samples.toSorted((a, b) => a - b);
    freshness.set({ lastMs: ms, medianMs: sorted[Math.floor(sorted.length / 2)] ?? ms });
    options.report(ms);
  }

  return {
    freshness,
    changed(at) {
      if (!options.isSeen()) return;
      const waits = oldest !== null;
      oldest = Math.min(oldest ?? at, at);
      const mine = round;
      if (!waits) options.afterPaint(() => (mine === round ? painted() : undefined));
    },
    hidden() {
      round += 1;
      oldest = null;
    },
    close: () => clearTimeout(outdated),
  };
}

/** After the next paint: the animation frame runs before it, a task queued there runs after it. */
export function afterNextPaint(then: () => void): void {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.addEventListener("message", () => {
      channel.port1.close();
      then();
    });
    channel.port1.start();
    channel.port2.postMessage(null);
  });
}
