import type { Writer } from "../db/database";
import type { Statement } from "../db/pipeline";
import type { Engine } from "./engine";
import type { KeyedAnswer, KeyedRun } from "./loops";
import type { Claim } from "./queues/lanes";
import type { StoredRun } from "./run-row";
import { claimStatement, type Claimed } from "./running/claim";
import { batchesStatement, endedInBatches, endPlainStatement } from "./running/end-plain";
import type { Ending, PlainEnd } from "./running/ending";
import { matchCreated, type Created } from "./triggering/created-runs";
import { idleInsertStatements, insertStatement, readRuns } from "./triggering/insert-runs";
import { idleKeysStatement, takingKeys, withKeys } from "./triggering/keyed";

export interface Entry<In, Out> {
  item: In;
  resolve(value: Out): void;
  reject(error: unknown): void;
}
export type Making = Entry<KeyedRun, KeyedAnswer>;
export type Leaving = Entry<Ending, StoredRun | null>;
export interface Round {
  making: readonly Making[];
  leaving: readonly Leaving[];
  claim: Claim | null;
}
/** A connection, and the part of the counters that only its rounds write. */
export interface Road {
  writer: Writer;
  part: number;
}
export interface Done {
  taken: { kind: string; key: string }[];
  created: Created[];
  /** Made by a first try whose answer was lost, as they are now. */
  found: StoredRun[];
  ended: PlainEnd[];
  claimed: Claimed[];
  /** Complete now. */
  batches: string[];
}

/** Items of each kind in one round, and bytes of what they carry: a statement is held in memory several times over. */
const maxItems = 500;
const maxBytes = 4 * 1024 * 1024;
/** The items from the front that go into one statement: at least one, whatever its size. */
export function take<In, Out>(entries: Entry<In, Out>[], sizeOf: (item: In) => number): Entry<In, Out>[] {
  let bytes = 0;
  let count = 0;
  for (const { item } of entries) {
    bytes += sizeOf(item);
    if (count === maxItems || (count > 0 && bytes > maxBytes)) break;
    count++;
  }
  return count === entries.length ? entries : entries.slice(0, count);
}

/** The order matters: slots are free when the runs that held them have ended, and keys must be held by the runs that are made. */
export async function send(
  engine: Engine,
  { writer, part }: Road,
  { round: { making, leaving, claim }, again }: { round: Round; again: boolean },
): Promise<Done> {
  const envId = engine.env.id;
  const items = making.map(({ item }) => item);
  const keys = takingKeys(envId, items);
  const endings = leaving.map(({ item }) => item);
  const statements: Statement[] = [];
  /** Answers where its rows will be. */
  const add = (...added: readonly Statement[]): number => statements.push(...added) - 1;
  const at = {
    ended: endings.length === 0 ? null : add(endPlainStatement(envId, endings, part)),
    taken: keys.length === 0 ? null : add(...keys) - keys.length + 1,
    created: items.length === 0 ? null : add(insertStatement(envId, items.map(withKeys), { again, part })),
    claimed: claim === null ? null : add(claimStatement(engine, claim, endings.length)),
    batches: endedInBatches(endings) ? add(batchesStatement) : null,
  };
  const answers = await writer.pipeline<unknown[][]>(statements);
  // Each text says which rows it answers.
  const rowsOf = <Row>(place: number | null) => (place === null ? [] : ((answers[place] ?? []) as Row[]));
  const created = rowsOf<Created>(at.created);
  const missing = again
    ? matchCreated(
        items.map(({ run }) => run),
        created,
      ).missing
    : [];
  return {
    ended: rowsOf<PlainEnd>(at.ended),
    taken: rowsOf<Done["taken"][number]>(at.taken),
    created,
    found: missing.length === 0 ? [] : await readRuns(writer.query, envId, missing),
    claimed: rowsOf<Claimed>(at.claimed),
    batches: rowsOf<{ id: string; complete: boolean }>(at.batches)
      .filter(({ complete }) => complete)
      .map(({ id }) => id),
  };
}

/** Plans the statements of the usual run where they will be sent, so that the first one after a start is like the others. Changes nothing. */
export async function warm(engine: Engine, { writer, part }: Road): Promise<void> {
  const envId = engine.env.id;
  await writer.pipeline([
    endPlainStatement(envId, [], part),
    idleKeysStatement(envId),
    ...idleInsertStatements(envId, part),
    claimStatement(engine, { picks: [], room: 0 }, 0),
  ]);
}
