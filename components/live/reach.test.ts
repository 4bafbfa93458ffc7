import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createReach, type Reach } from "./reach";

let reach: Reach;
let asked: number;
/** What the server does with the next question. */
let server: "answers" | "refuses" | "hangs";

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  server = "answers";
  reach = createReach((signal) => {
    asked += 1;
    if (server === "answers") return Promise.resolve({ ok: true });
    if (server === "refuses") return Promise.reject(new TypeError("Failed to fetch"));
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("timed out"))));
  });
  reach.linked("live");
});
afterEach(() => {
  reach.linked("live");
  vi.useRealTimers();
});
const answers = () => reach.answers.getSnapshot();

test("while the socket lives nobody asks", async () => {
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(0);
  expect(reach.isSure()).toBe(true);
});

test("a lost socket is no proof: the server is asked, and again until it answers", async () => {
  server = "refuses";
  reach.linked("reconnecting");
  expect(reach.isSure()).toBe(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(answers()).toBe(false);
  server = "answers";
  await vi.advanceTimersByTimeAsync(3_000);
  expect(answers()).toBe(true);
  expect(asked).toBe(2);
});

test("where no socket can be made, a server that answers is there", async () => {
  reach.linked("polling");
  await vi.advanceTimersByTimeAsync(0);
  expect(answers()).toBe(true);
});

test("a silent socket is proof at once, and its first word is, too", async () => {
  server = "answers";
  reach.linked("silent");
  expect(answers()).toBe(false);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(answers()).toBe(false);
  reach.linked("live");
  expect(answers()).toBe(true);
  const before = asked;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(before);
});

test("many questions at once are one request", async () => {
  reach.linked("polling");
  expect(await Promise.all([reach.ask(), reach.ask(), reach.ask()])).toEqual([true, true, true]);
  expect(asked).toBe(1);
});
