import { expect, test } from "vitest";
import { howOften } from "./words";

const at = (ms: number) => new Date(Date.UTC(2026, 10, 12) + ms).toISOString();

test.each([
  [1, 0, "once"],
  [34, 362_000, "34 times in 6 m 02 s"],
  [2, 0, "2 times in 1.0 s"],
  [1204, 17 * 86_400_000, "1,204 times since 2026-11-12"],
])("%i times within %i ms", (count, span, words) => expect(howOften({ count, firstSeen: at(0), lastSeen: at(span) })).toBe(words));
