import { expect, test } from "vitest";
import { createFollower, type Feeding } from "./follower";

const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve));

function counting() {
  const feedings: Feeding<number>[] = [];
  const follower = createFollower(0, async (feeding) => void feedings.push(feeding));
  return { follower, feedings };
}

test("is fed from the first listener to the last", async () => {
  const { follower, feedings } = counting();
  expect(feedings).toHaveLength(0);
  const [one, two] = [follower.subscribe(() => undefined), follower.subscribe(() => undefined)];
  expect(feedings).toHaveLength(1);
  one();
  await turn();
  expect(feedings[0]?.signal.aborted).toBe(false);
  two();
  await turn();
  expect(feedings[0]?.signal.aborted).toBe(true);
});

test("a remount in the same turn goes on", async () => {
  const { follower, feedings } = counting();
  follower.subscribe(() => undefined)();
  follower.subscribe(() => undefined);
  await turn();
  expect(feedings).toHaveLength(1);
  expect(feedings[0]?.signal.aborted).toBe(false);
});

test("a late word of a feeding that was ended changes nothing", async () => {
  const { follower, feedings } = counting();
  follower.subscribe(() => undefined);
  feedings[0]?.update(() => 1);
  follower.stop();
  feedings[0]?.update(() => 2);
  expect(follower.getSnapshot()).toBe(1);
  follower.subscribe(() => undefined);
  expect(feedings).toHaveLength(1);
});
