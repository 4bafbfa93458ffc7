import { expect, test } from "vitest";
import { createFollower, type Feeding } from "./follower";
import { createSharing } from "./share";
import { withRun } from "./use-realtime-runs";

const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve));

function counting() {
  const feedings: Feeding<number>[] = [];
  return { feedings, make: () => createFollower(0, async (feeding) => void feedings.push(feeding)) };
}

test("who names the same id has the same state, fed once, as long as somebody listens", async () => {
  const share = createSharing<number>();
  const { feedings, make } = counting();
  const [one, two, other, own] = [share("a", make), share("a", make), share("b", make), share(undefined, make)];
  const leave = [one.subscribe(() => undefined), two.subscribe(() => undefined)];
  expect(feedings).toHaveLength(1);
  feedings[0]?.update(() => 7);
  expect([one, two, other, own].map((follower) => follower.getSnapshot())).toEqual([7, 7, 0, 0]);
  leave[0]?.();
  await turn();
  expect(feedings[0]?.signal.aborted).toBe(false);
  leave[1]?.();
  await turn();
  await turn();
  expect(feedings[0]?.signal.aborted).toBe(true);
  // It begins anew.
  expect(share("a", make).getSnapshot()).toBe(0);
});

test("the end of one is the end of all, and the next one begins anew", () => {
  const share = createSharing<number>();
  const { feedings, make } = counting();
  const [one, two] = [share("a", make), share("a", make)];
  one.subscribe(() => undefined);
  two.stop();
  expect(feedings[0]?.signal.aborted).toBe(true);
  share("a", make).subscribe(() => undefined);
  expect(feedings).toHaveLength(2);
});

test("runs stand in the order in which they were made, whatever order they come in, and a change keeps its place", () => {
  const run = (id: string, at: number, status = "QUEUED") => ({ id, createdAt: new Date(at), status });
  const came = [run("c", 3), run("a", 1), run("b", 2), run("d", 3), run("b", 2, "COMPLETED")];
  expect(came.reduce<ReturnType<typeof run>[]>(withRun, []).map(({ id, status }) => `${id} ${status}`)).toEqual([
    "a QUEUED",
    "b COMPLETED",
    "c QUEUED",
    "d QUEUED",
  ]);
});
