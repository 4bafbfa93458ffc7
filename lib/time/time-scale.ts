/** Drawn from `fromMs` to `toMs`, a little inside of the gap in which nothing happened. */
export interface Fold {
  fromMs: number;
  toMs: number;
  gap: { fromMs: number; toMs: number };
}

/** A time axis on which long stretches without activity are folded to a fixed small part. */
export interface TimeScale {
  startMs: number;
  endMs: number;
  folds: readonly Fold[];
  /** 0 to 1 for a time inside the axis; clamped outside. */
  at(ms: number): number;
  invert(part: number): number;
}

export interface TimeScaleInput {
  startMs: number;
  endMs: number;
  /** Stretches in which something happens, in any order; a moment is `[t, t]`. */
  busy: readonly (readonly [number, number])[];
}

/** A gap is folded when it is longer than this and more than this part of what is not folded. */
const foldFromMs = 3_000;
const foldFromPart = 0.15;
/** Part of the width that a folded gap keeps; all together never more than this. */
const foldPart = 0.1;
const allFoldsPart = 0.4;
/** Left open at both sides of a fold, so that bars next to it do not touch. */
const marginPart = 0.02;

function mergeBusy(busy: TimeScaleInput["busy"]): [number, number][] {
  const merged: [number, number][] = [];
  for (const [from, to] of busy.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

function findGaps({ startMs, endMs, busy }: TimeScaleInput): Fold[] {
  const total = endMs - startMs;
  const gaps: { fromMs: number; toMs: number }[] = [];
  let from = startMs;
  for (const [start, end] of [...mergeBusy(busy), [endMs, endMs] as const]) {
    if (start - from > foldFromMs) gaps.push({ fromMs: from, toMs: Math.min(start, endMs) });
    from = Math.max(from, end);
  }
  const folded = longest(gaps, total);
  const margin = (total - lengthOf(folded)) * marginPart;
  return folded.map((gap) => ({ fromMs: gap.fromMs + Math.min(margin, 500), toMs: gap.toMs - Math.min(margin, 500), gap }));
}

const lengthOf = (gaps: readonly { fromMs: number; toMs: number }[]): number => gaps.reduce((sum, gap) => sum + gap.toMs - gap.fromMs, 0);

/** The longest first: each that is folded makes the others a larger part of what is left. */
function longest(gaps: readonly { fromMs: number; toMs: number }[], total: number): { fromMs: number; toMs: number }[] {
  const folded: { fromMs: number; toMs: number }[] = [];
  let open = total;
  for (const gap of gaps.toSorted((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs))) {
    if (gap.toMs - gap.fromMs <= open * foldFromPart) break;
    folded.push(gap);
    open -= gap.toMs - gap.fromMs;
  }
  return folded.toSorted((a, b) => a.fromMs - b.fromMs);
}

export function createTimeScale(input: TimeScaleInput): TimeScale {
  const startMs = input.startMs;
  const endMs = Math.max(input.endMs, startMs + 1);
  const gaps = findGaps({ startMs, endMs, busy: input.busy });
  // Nothing but gaps: there is nothing to make room for.
  const folds = lengthOf(gaps) > endMs - startMs - 1 ? [] : gaps;
  const each = folds.length === 0 ? 0 : Math.min(foldPart, allFoldsPart / folds.length);
  const openMs = endMs - startMs - lengthOf(folds);
  const perMs = (1 - each * folds.length) / Math.max(openMs, 1e-9);

  const segments: { fromMs: number; toMs: number; from: number; to: number }[] = [];
  const push = (fromMs: number, toMs: number, part: number): void => {
    const from = segments.at(-1)?.to ?? 0;
    if (toMs > fromMs) segments.push({ fromMs, toMs, from, to: from + part });
  };
  let cursor = startMs;
  for (const fold of folds) {
    push(cursor, fold.fromMs, (fold.fromMs - cursor) * perMs);
    push(fold.fromMs, fold.toMs, each);
    cursor = fold.toMs;
  }
  push(cursor, endMs, (endMs - cursor) * perMs);

  return {
    startMs,
    endMs,
    folds,
    at(ms) {
      if (ms <= startMs) return 0;
      const segment = segments.find((candidate) => ms <= candidate.toMs);
      return segment ? segment.from + ((ms - segment.fromMs) / (segment.toMs - segment.fromMs)) * (segment.to - segment.from) : 1;
    },
    invert(part) {
      if (part <= 0) return startMs;
      const segment = segments.find((candidate) => part <= candidate.to);
      return segment
        ? segment.fromMs + ((part - segment.from) / (segment.to - segment.from || 1)) * (segment.toMs - segment.fromMs)
        : endMs;
    },
  };
}

const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
  7_200_000, 21_600_000, 86_400_000,
];

/** Axis marks at round distances from the start, at most about `wanted`, none inside a fold. */
export function timeTicks(scale: TimeScale, wanted: number): number[] {
  const open = scale.endMs - scale.startMs - lengthOf(scale.folds);
  const step = steps.find((candidate) => open / candidate <= wanted) ?? Math.ceil(open / wanted);
  const ticks: number[] = [];
  let last = -1;
  for (let ms = scale.startMs; ms <= scale.endMs; ms += step) {
    const fold = scale.folds.find((candidate) => ms > candidate.fromMs && ms < candidate.toMs);
    if (fold) {
      // On to the first mark behind the fold, however long it is.
      ms = scale.startMs + Math.floor((fold.toMs - scale.startMs) / step) * step;
      continue;
    }
    const at = scale.at(ms);
    if (at - last < 0.5 / wanted) continue;
    ticks.push(ms);
    last = at;
  }
  return ticks;
}

/** End of the axis of something that still runs: it grows in steps, so that bars do not shift with every tick. */
export function roomyEnd(startMs: number, nowMs: number): number {
  const length = Math.max(nowMs - startMs, 1_000) * 1.1;
  // Each step is √2 longer than the one before.
  return startMs + 2 ** (Math.ceil(Math.log2(length) * 2) / 2);
}
