import { expect, test } from "vitest";
import type { ServerMessage } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { createRecentChanges } from "@/lib/runs/recent-changes";
import { createWorld, must, rowOf } from "../test/world";
import { createRunsTopic } from "./runs";

/** A list over a world, whose offers come when the test says so. */
function openList() {
  const world = createWorld(Math.random);
  const changes = createRecentChanges<RunRow>({ capacity: 1_000, isNewer: (next, known) => next.version > known.version });
  const topic = createRunsTopic({ reads: world.reads, changes, epoch: "e", seen: () => {}, onReset: () => {} });
  let told = () => {};
  const subscribe = () =>
    topic.subscribe(
      {
        to: { idJson: '"list"', ready: () => told(), fail: (status, error) => expect.unreachable(`${status} ${error}`) },
        view: { any: () => true, run: () => true, isUnlimited: true },
      },
      { filter: {}, visible: [], cursor: undefined },
    );
  return {
    subscribe,
    /** A commit that the feed has told of, and that no list has been offered yet. */
    create(id: string) {
      world.create(id);
      return must(changes.add({ id, value: rowOf(must(world.runs.get(id))), created: true, at: Date.now() }));
    },
    offer: topic.offer,
    async next(list: ReturnType<typeof subscribe>): Promise<string[]> {
      await new Promise<void>((resolve) => (told = resolve));
      const messages = list.collect().map((text) => JSON.parse(text) as ServerMessage); // what the gateway writes
      return messages.flatMap((message) =>
        message.type === "rows"
          ? message.rows.map((row) => row.id)
          : message.type === "snapshot"
            ? Object(message.data).rows.map((row: RunRow) => row.id)
            : [],
      );
    },
  };
}

test("a run that was offered while the first page was read, and is not on it, is told when it comes into sight", async () => {
  const { create, subscribe, offer, next } = openList();
  const entries = Array.from({ length: 60 }, (_, i) => create(`r${String(i).padStart(2, "0")}`));
  const list = subscribe();
  offer(entries);
  const page = await next(list);
  expect(page).toHaveLength(50);
  expect(page).not.toContain("r00");
  list.watch?.(["r00"]);
  expect(await next(list)).toEqual(["r00"]);
});
