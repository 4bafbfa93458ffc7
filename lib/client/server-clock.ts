/** The server's clock as seen from here: offset of the quickest of the last answers, as the best bound on the way. */
export interface ServerClock {
  /** Server time in epoch ms. */
  now(): number;
  /** Round trip of the last answer, ms. */
  roundTripMs(): number | undefined;
  /** An answer that left at `sentAt` and carries the server's `time`. */
  sample(sentAt: number, time: number): void;
}

const keptSamples = 12;

export function createServerClock(localNow: () => number): ServerClock {
  let samples: { offset: number; roundTrip: number }[] = [];
  let last: number | undefined;

  return {
    now() {
      const best = samples.reduce<{ offset: number; roundTrip: number } | null>((a, b) => (a && a.roundTrip <= b.roundTrip ? a : b), null);
      return localNow() + (best?.offset ?? 0);
    },
    roundTripMs: () => last,
    sample(sentAt, time) {
      const now = localNow();
      const roundTrip = Math.max(0, now - sentAt);
      last = roundTrip;
      samples = [...samples, { offset: time - (sentAt + roundTrip / 2), roundTrip }].slice(-keptSamples);
    },
  };
}
