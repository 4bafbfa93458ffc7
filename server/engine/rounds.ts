import { setImmediate as turnEnd } from "node:timers/promises";
import { patiently, type Writer } from "../db/database";
import { isConnectionError, isUniqueViolation, Unavailable } from "../db/errors";
import type { Statement } from "../db/pipeline";
import type { Engine } from "./engine";
import { EngineError } from "./error";
import type { Finished, KeyedAnswer, KeyedRun } from "./loops";
import { recountQueue } from "./queues/queue";
import type { Pick } from "./queues/scheduler";
import type { StoredRun } from "./run-row";
import { claimStatement, holdClaimed, startClaimed, type Claimed } from "./running/claim";
import { endPlainStatement, matchEnded } from "./running/end-plain";
import type { Ending, PlainEnd } from "./running/ending";
import { followEnds, startCreated, tellCreated, tellEnded } from "./round-effects";
import { insertStatement, matchCreated, readRuns, sizeOfRun, type Created } from "./triggering/insert-runs";
import { holderInTheWay, takingKeys, tookRequest, withKeys } from "./triggering/keyed";
import { tell } from "./engine";

/**
 * The road of most runs. A round is one transaction in one round trip: it ends runs that nothing hangs on, makes new ones, and
 * starts waiting ones in the slots that are free then, so that a slot passes over without being empty between two commits.
 * While one round is under way the next gathers. No timer: an idle caller waits for one commit.
 */
export interface Rounds {
  /** Resolves after the commit. A key that is taken answers the run that holds it. */
  make(item: KeyedRun): Promise<KeyedAnswer>;
  /** Null: the run is not as this process knew it; the statement that looks must end it. */
  end(ending: Ending): Promise<Finished | null>;
  /** Something may start. */
  wake(): void;
  /** Counts what waits before the next claim, from the queue table. */
  recount(): void;
  /** Resolves when nothing waits or is under way. */
  idle(): Promise<void>;
}

interface Entry<In, Out> {
  item: In;
  resolve(value: Out): void;
  reject(error: unknown): void;
}
type Making = Entry<KeyedRun, KeyedAnswer>;
type Leaving = Entry<Ending, Finished | null>;
interface Round {
  making: readonly Making[];
  leaving: readonly Leaving[];
  claim: { picks: Pick[]; room: number } | null;
}
interface Done {
  taken: { kind: string; key: string }[];
  created: Created[];
  /** Made by a first try whose answer was lost, as they are now. */
  found: StoredRun[];
  ended: PlainEnd[];
  claimed: Claimed[];
}

/** Beyond this many waiting items a caller is refused rather than queued. */
const maxWaiting = 50_000;
/** Items of each kind in one round, and bytes of what they carry: a statement is held in memory several times over. */
const maxItems = 500;
const maxBytes = 4 * 1024 * 1024;

export function createRounds(engine: Engine): Rounds {
  const writer = engine.db.writer();
  let making: Making[] = [];
  let leaving: Leaving[] = [];
  let looping: Promise<void> | null = null;
  let claimDue = false;
  let recountDue = false;
  /** Claims in a row that found nothing where something was counted. */
  let misses = 0;

  const capacity = (): number => (engine.draining ? 0 : (engine.executor?.freeSlots() ?? 0) - engine.scheduler.starting);

  function start(): void {
    looping ??= loop();
  }

  async function loop(): Promise<void> {
    do {
      // What else has come in this turn of the event loop goes along: a round of one costs as much as five items in one of forty.
      await turnEnd();
      const round = gather();
      try {
        await run(round);
      } catch (error) {
        if (!isConnectionError(error) && !(error instanceof Unavailable)) engine.log.error("a round failed", { error: String(error) });
        await pause();
        // What was claimed, if the reply alone was lost, is found by the sweep.
        claimDue = !engine.draining;
      }
      engine.scheduler.settle(capacity());
    } while (making.length > 0 || leaving.length > 0 || claimDue);
    looping = null;
  }

  function gather(): Round {
    const round = { making: take(making, (item) => sizeOfRun(item.run)), leaving: take(leaving, (item) => item.output?.data?.length ?? 0), claim: null };
    making = making.slice(round.making.length);
    leaving = leaving.slice(round.leaving.length);
    return round;
  }

  /** Rows are claimed only when what is counted has been counted. */
  async function claimable(round: Round): Promise<Round> {
    if (!claimDue) return round;
    claimDue = false;
    if (recountDue) {
      recountDue = false;
      await recountQueue(engine).catch((error: unknown) => {
        recountDue = true;
        claimDue = true;
        throw error;
      });
    }
    const claim = engine.scheduler.picks(capacity(), round.leaving.map(({ item }) => item.finish.runId));
    return claim.picks.length === 0 ? round : { ...round, claim };
  }

  async function run(gathered: Round): Promise<void> {
    let round = gathered;
    try {
      round = await claimable(gathered);
    } catch (error) {
      engine.log.warn("counting what waits failed", { error: String(error) });
    }
    if (round.making.length === 0 && round.leaving.length === 0 && round.claim === null) return;
    try {
      settle(round, await commit(round));
    } catch (error) {
      if (error instanceof Unavailable || isConnectionError(error) || round.making.length + round.leaving.length === 0) return refuse(round, error);
      await oneByOne(round, error);
    }
  }

  async function commit(round: Round): Promise<Done> {
    let tries = 0;
    return patiently(async () => {
      // A claim whose reply was lost is not made again: it would take more than there is room for.
      const again = tries++ > 0;
      const attempt = again ? { ...round, claim: null } : round;
      try {
        return await send(engine, writer, attempt, again);
      } catch (error) {
        if (again || !isUniqueViolation(error)) throw error;
        return send(engine, writer, { ...round, claim: null }, true);
      }
    });
  }

  /** One of them cannot be stored: it fails alone. */
  async function oneByOne({ making: made, leaving: left }: Round, cause: unknown): Promise<void> {
    const alone: Round[] = [
      ...made.map((entry) => ({ making: [entry], leaving: [], claim: null })),
      ...left.map((entry) => ({ making: [], leaving: [entry], claim: null })),
    ];
    claimDue = true;
    if (alone.length === 1 && alone[0] !== undefined) return refuse(alone[0], cause);
    for (const round of alone) {
      try {
        settle(round, await commit(round));
      } catch (error) {
        refuse(round, error);
      }
    }
  }

  function refuse(round: Round, error: unknown): void {
    for (const entry of [...round.making, ...round.leaving]) entry.reject(error);
    if (round.making.length + round.leaving.length === 0) throw error;
  }

  function settle(round: Round, done: Done): void {
    const endings = round.leaving.map(({ item }) => item);
    const ended = matchEnded(endings, done.ended);
    const runs = round.making.map(({ item }) => item.run);
    const made = [...matchCreated(runs, done.created).made, ...done.found];
    const told = tellEnded(engine, endings, ended);
    told.push(...tellCreated(engine, runs, made), ...holdClaimed(engine, done.claimed));
    tell(engine, told);
    const byId = new Map(made.map((stored) => [stored.id, stored]));
    if (made.length < runs.length) answerOthers(round, done, byId);
    for (const { item, resolve } of round.making) {
      const stored = byId.get(item.run.id);
      if (stored !== undefined) resolve({ id: stored.id, isCached: false, stored });
    }
    startCreated(engine, runs, byId);
    startClaimed(engine, done.claimed);
    followEnds(engine, { endings, ended, rows: done.ended });
    for (const [index, entry] of round.leaving.entries()) entry.resolve(ended[index] ?? null);
    engine.feed.emit("queues", [...new Set([...told.map(({ run }) => run.queue), ...done.claimed.map((row) => row.lane_queue)])]);
    if (ended.some((run) => run !== null) || made.some((run) => run.status === "QUEUED")) claimDue = true;
    if (round.claim !== null) afterClaim(round, done.claimed.length);
  }

  function afterClaim(round: Round, count: number): void {
    claimDue ||= count > 0;
    if (count > 0 || round.leaving.length > 0) {
      misses = 0;
      return;
    }
    // Nothing where something was counted: another node has it or is taking it, or the counts have drifted.
    misses += 1;
    recountDue = true;
    if (misses <= 1) claimDue = true;
    else setTimeout(() => wake(), 250).unref();
  }

  function answerOthers(round: Round, done: Done, made: ReadonlyMap<string, unknown>): void {
    const isFirst = tookRequest(round.making.map(({ item }) => item), done.taken);
    for (const entry of round.making) if (!made.has(entry.item.run.id)) void answerHolder(entry, isFirst(entry.item));
  }

  /** A run that was not made: its parent has changed hands, or another run has its key. */
  async function answerHolder(entry: Making, isFirst: boolean): Promise<void> {
    const { item } = entry;
    try {
      if (item.requestKey === null && item.oneTimeToken === null && item.idempotency === null)
        throw new EngineError(409, `Run ${item.run.parent_id} has changed hands; its former process may not trigger runs.`);
      const answer = await holderInTheWay(engine.db.query, engine.env.id, { item, isFirst });
      if (answer instanceof Error) throw answer;
      if (answer !== null) return entry.resolve(answer);
      making.push(entry);
      start();
    } catch (error) {
      entry.reject(error);
    }
  }

  function wake(): void {
    claimDue = true;
    start();
  }

  return {
    make(item) {
      return new Promise((resolve, reject) => {
        if (making.length >= maxWaiting) return reject(new Unavailable("Too many writes are waiting; try again shortly."));
        making.push({ item, resolve, reject });
        start();
      });
    },
    end(item) {
      return new Promise((resolve, reject) => {
        leaving.push({ item, resolve, reject });
        start();
      });
    },
    wake,
    recount() {
      recountDue = true;
      wake();
    },
    async idle() {
      while (looping !== null) await looping;
    },
  };
}

/** The items from the front that go into one statement: at least one, whatever its size. */
function take<In, Out>(entries: Entry<In, Out>[], sizeOf: (item: In) => number): Entry<In, Out>[] {
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
async function send(engine: Engine, writer: Writer, { making, leaving, claim }: Round, again: boolean): Promise<Done> {
  const envId = engine.env.id;
  const items = making.map(({ item }) => item);
  const keys = takingKeys(envId, items);
  const statements: Statement[] = [
    ...(leaving.length === 0 ? [] : [endPlainStatement(envId, leaving.map(({ item }) => item))]),
    ...keys,
    ...(making.length === 0 ? [] : [insertStatement(envId, items.map(withKeys), again)]),
    ...(claim === null ? [] : [claimStatement(engine, { ...claim, ends: leaving.length })]),
  ];
  const rows = await writer.pipeline<unknown[][]>(statements);
  // Each text says which rows it answers.
  const rowsOf = <Row>(isThere: boolean, at: number) => (isThere ? ((rows.at(at) ?? []) as Row[]) : []);
  const afterEnds = leaving.length === 0 ? 0 : 1;
  const created = rowsOf<Created>(making.length > 0, afterEnds + keys.length);
  const missing = again ? matchCreated(items.map(({ run }) => run), created).missing : [];
  return {
    ended: rowsOf<PlainEnd>(leaving.length > 0, 0),
    taken: rowsOf<Done["taken"][number]>(keys.length > 0, afterEnds),
    created,
    found: missing.length === 0 ? [] : await readRuns(writer.query, envId, missing),
    claimed: rowsOf<Claimed>(claim !== null, -1),
  };
}

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 250).unref());
