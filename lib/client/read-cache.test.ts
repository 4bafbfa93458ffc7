import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createReadCache, type Reader } from "./read-cache";

class Refused extends Error {}

const cacheOf = () => createReadCache({ isWorthRetrying: (error) => !(error instanceof Refused) });
const never = (signal: AbortSignal) => new Promise<string>((_, fail) => signal.addEventListener("abort", () => fail(new Error("aborted"))));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("who asks for the same shares one read", async () => {
  const entry = cacheOf().entry<string>("tasks");
  const read = vi.fn<Reader<string>>(async () => "a");
  await Promise.all([entry.poll(read), entry.poll(read)]);
  expect(read).toHaveBeenCalledTimes(1);
  expect(entry.getSnapshot()).toMatchObject({ data: "a", error: null });
});

test("what the server rendered is known from the start, and gives way to nothing older", () => {
  const cache = cacheOf();
  expect(cache.entry("keys", "rendered").getSnapshot().data).toBe("rendered");
  cache.entry<string>("keys").put("newer");
  expect(cache.entry("keys", "rendered").getSnapshot().data).toBe("newer");
});

test("reading anew does not wait for a read that began before", async () => {
  const entry = cacheOf().entry<string>("keys");
  const before = entry.poll(never);
  await entry.refetch(async () => "after the change");
  await vi.runAllTimersAsync();
  await before;
  expect(entry.getSnapshot()).toMatchObject({ data: "after the change", error: null });
});

test("a failed read is tried again twice; what was read before stays beside the error", async () => {
  const entry = cacheOf().entry("queues", "old");
  const read = vi.fn<Reader<string>>().mockRejectedValue(new Error("no answer"));
  const end = entry.poll(read);
  await vi.advanceTimersByTimeAsync(999);
  expect(read).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(read).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(2_000);
  await end;
  expect(read).toHaveBeenCalledTimes(3);
  expect(entry.getSnapshot()).toMatchObject({ data: "old", error: { message: "no answer" } });
  await entry.poll(async () => "new");
  expect(entry.getSnapshot()).toMatchObject({ data: "new", error: null });
});

test("what is refused is not tried again", async () => {
  const entry = cacheOf().entry<string>("run");
  const read = vi.fn<Reader<string>>().mockRejectedValue(new Refused("no such run"));
  await entry.poll(read);
  expect(read).toHaveBeenCalledTimes(1);
  expect(entry.getSnapshot()).toMatchObject({ data: undefined, at: 0, error: { message: "no such run" } });
});

test("a reader gets what is held, for the page after it", async () => {
  const entry = cacheOf().entry("runs", ["first"]);
  await entry.refetch(async (_, held = []) => [...held, "second"]);
  expect(entry.getSnapshot().data).toEqual(["first", "second"]);
});

test("when the last who shows it goes, reading stops; later it is forgotten, unless somebody came back", async () => {
  const cache = cacheOf();
  const entry = cache.entry("preview", "held");
  const letGo = entry.hold(1_000);
  const end = entry.poll(never);
  letGo();
  await end;
  expect(entry.getSnapshot()).toMatchObject({ data: "held", error: null });
  const back = entry.hold(1_000);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(cache.entry("preview")).toBe(entry);
  back();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(cache.entry("preview")).not.toBe(entry);
});

test("it is as old as its last answer", async () => {
  const entry = cacheOf().entry("keys", "rendered");
  await vi.advanceTimersByTimeAsync(4_999);
  expect(entry.isOlderThan(5_000)).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(entry.isOlderThan(5_000)).toBe(true);
  entry.put("newer");
  expect(entry.isOlderThan(5_000)).toBe(false);
  expect(entry.isOlderThan(Infinity)).toBe(false);
});
