import { expect, test } from "vitest";
import { runAt, runsFrom } from "@/test/run-rows";
import type { RunRow } from "@/lib/contracts/run";
import { createRunStore } from "../run-store";
import type { Sync, TopicListener } from "../sync";
import { createStore } from "../../view/store";
import { createRunsView, keptFresh } from "./runs-view";

/** A list whose messages the test sends. */
function openView() {
  let listener: TopicListener | undefined;
  const sync: Sync = {
    status: createStore({ phase: "live", attempt: 0 }),
    notices: createStore(undefined),
    subscribe(_topic, given) {
      listener = given;
      return { watch: () => undefined, close: () => undefined };
    },
    close: () => undefined,
  };
  const view = createRunsView({ sync, runs: createRunStore(), filter: {}, onIdle: () => undefined });
  let notified = 0;
  view.subscribe(() => (notified += 1));
  return {
    view,
    data: () => view.getSnapshot().data,
    notified: () => notified,
    snapshot: (rows: readonly RunRow[], reset = true) =>
      listener?.snapshot({ rows, ...(reset && { head: rows.map((row) => row.id) }) }, reset),
    rows: (rows: RunRow[]) => listener?.message({ type: "rows", id: "s1", cursor: "e:1", at: 1, rows }),
  };
}

const newestFirst = (rows: RunRow[]) => rows.toReversed();

test("10,000 arrivals leave the rows that have a place: on the screen, on the first page, fresh", () => {
  const { view, snapshot, rows, data } = openView();
  const first = newestFirst(runsFrom(0, 50));
  snapshot(first);
  view.watch(first.slice(0, 30).map((row) => row.id));
  for (let n = 50; n < 10_050; n += 20) rows(runsFrom(n, 20));
  expect(data().fresh).toHaveLength(keptFresh);
  expect(data().fresh[0]).toBe(runAt(10_049).id);
  expect(data().rows.size).toBe(50 + keptFresh);
  expect(data().gap).toBe(true);
});

test("what is let in again and again is let go again and again", () => {
  const { view, snapshot, rows, data } = openView();
  snapshot(newestFirst(runsFrom(0, 50)));
  let most = 0;
  for (let n = 50; n < 10_050; n += 20) {
    rows(runsFrom(n, 20));
    most = Math.max(most, data().rows.size);
    view.acknowledge(runAt(n + 19).createdAt);
  }
  expect(most).toBe(70);
  expect(data()).toMatchObject({ fresh: [], gap: false });
});

test("a first page that does not reach down to what was seen leaves a gap, until the list is read again", () => {
  const { view, snapshot, data } = openView();
  snapshot(newestFirst(runsFrom(0, 50)));
  snapshot(newestFirst(runsFrom(200, 50)));
  expect(data().gap).toBe(true);
  view.acknowledge(runAt(249).createdAt);
  expect(data()).toMatchObject({ fresh: [], gap: false });
});

test("runs of one batch share their time: those that came after what was seen are news", () => {
  const { snapshot, data } = openView();
  const { createdAt } = runAt(7);
  const of = (id: string) => runAt(7, { id, createdAt });
  snapshot([of("run_b"), of("run_a")]);
  expect(data().fresh).toEqual([]);
  snapshot([of("run_c"), of("run_b"), of("run_a")]);
  expect(data().fresh).toEqual(["run_c"]);
});

test("a row that came into sight is known from any other list, and followed", () => {
  const { view, snapshot, rows, data } = openView();
  snapshot(newestFirst(runsFrom(100, 50)));
  view.watch([runAt(3).id]);
  rows([runAt(3, { version: 2, status: "EXECUTING" })]);
  expect(data().rows.get(runAt(3).id)?.status).toBe("EXECUTING");
  expect(data().fresh).toEqual([]);
});

test("changes of runs that the list holds are no news", () => {
  const { view, snapshot, rows, data } = openView();
  snapshot(newestFirst(runsFrom(100, 50)));
  view.holds(new Set([runAt(3).id]));
  rows([runAt(3, { version: 2 }), runAt(4, { version: 2 })]);
  expect(data().fresh).toEqual([runAt(4).id]);
  view.holds(new Set([runAt(3).id, runAt(4).id]));
  expect(data().fresh).toEqual([]);
});

test("a message without news notifies nobody", () => {
  const { snapshot, rows, notified } = openView();
  const first = newestFirst(runsFrom(0, 50));
  snapshot(first);
  const before = notified();
  rows(first.slice(0, 3));
  expect(notified()).toBe(before);
});
