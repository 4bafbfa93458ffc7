import { tell, type Engine } from "../engine";
import { startCreated, tellCreated } from "../round-effects";
import type { NewRun } from "./insert-runs";
import type { StoredRun } from "../run-row";

/** What follows a commit beside the rounds that created runs: the feed hears of them, those on the fast road start, the others are counted. */
export function afterInsert(engine: Engine, inputs: readonly NewRun[], stored: readonly StoredRun[]): void {
  tell(engine, tellCreated(engine, inputs, stored));
  startCreated(engine, inputs, new Map(stored.map((run) => [run.id, run])));
  engine.feed.emit("queues", [...new Set(stored.map((run) => run.queue))]);
  engine.rounds.wake();
}
