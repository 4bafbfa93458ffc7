import { setImmediate as turnEnd } from "node:timers/promises";
import { patiently } from "../db/database";
import { isConnectionError, isUniqueViolation, Unavailable } from "../db/errors";
import type { Engine } from "./engine";
import { EngineError } from "./error";
import type { KeyedAnswer, KeyedRun } from "./loops";
import type { StoredRun } from "./run-row";
import { recountQueue } from "./queues/queue";
import { send, take, warm, type Done, type Leaving, type Making, type Road, type Round } from "./round";
import { commonPart } from "./running/end-stats";
import { holdClaimed, startClaimed } from "./running/claim";
import { matchEnded } from "./running/end-plain";
import type { Ending } from "./running/ending";
import { followEnds, startCreated, tellCreated, tellEnded } from "./round-effects";
import { matchCreated } from "./triggering/created-runs";
import { sizeOfRun } from "./triggering/insert-runs";
import { holderInTheWay, tookRequest } from "./triggering/keyed";
import { tell } from "./engine";

/**
 * The road of most runs. A round is one transaction in one round trip: it ends runs that nothing hangs on, makes new ones, and
 * starts waiting ones in the slots that are free then, so that a slot passes over without being empty between two commits.
 * While one round is under way the next gathers, and goes beside it once it is worth a commit of its own: the database works
 * for the one while this process and the workers do for the other. No timer: an idle caller waits for one commit.
 */
export interface Rounds {
  /** Resolves after the commit. A key that is taken answers the run that holds it. */
  make(item: KeyedRun): Promise<KeyedAnswer>;
  /** Null: the run is not as this process knew it; the statement that looks must end it. */
  end(ending: Ending): Promise<StoredRun | null>;
  /** Before the first of them: what they send is planned. */
  warm(): Promise<void>;
  /** Something may start. */
  wake(): void;
  /** Counts what waits before the next claim, from the queue table. */
  recount(): void;
  /** Resolves when nothing waits or is under way. */
  idle(): Promise<void>;
}

/** Beyond this many waiting items a caller is refused rather than queued. */
const maxWaiting = 50_000;
/** Rounds under way at once, and from how many items on a round goes beside another. */
const maxUnderWay = 2;
const worthACommit = 16;

export function createRounds(engine: Engine): Rounds {
  const free = Array.from({ length: maxUnderWay }, (_, index): Road => ({ writer: engine.db.writer(), part: commonPart + 1 + index }));
  const underWay = new Set<Promise<void>>();
  let making: Making[] = [];
  let leaving: Leaving[] = [];
  let looping: Promise<void> | null = null;
  /** Set while the loop waits: looks again whether a round may go. */
  let look: (() => void) | null = null;
  let claimDue = false;
  let recountDue = false;
  /** Claims in a row that found nothing where something was counted. */
  let misses = 0;

  const capacity = (): number => (engine.draining ? 0 : (engine.executor?.freeSlots() ?? 0) - engine.scheduler.starting);
  const isDue = (): boolean => making.length > 0 || leaving.length > 0 || claimDue;
  /** What waits is counted while nothing is being claimed. */
  const mayGo = (): boolean =>
    isDue() &&
    (underWay.size === 0 || (underWay.size < maxUnderWay && making.length + leaving.length >= worthACommit && !(claimDue && recountDue)));

  function start(): void {
    looping ??= loop();
    if (look !== null && mayGo()) look();
  }

  async function loop(): Promise<void> {
    while (isDue() || underWay.size > 0) {
      // What else has come in this turn of the event loop goes along: a round of one costs as much as five items in one of forty.
      await turnEnd();
      const road = mayGo() ? free.pop() : undefined;
      if (road !== undefined) go(road);
      else if (underWay.size > 0) await changed();
    }
    looping = null;
  }

  function go(road: Road): void {
    const round = goRound(road).finally(() => {
      free.push(road);
      underWay.delete(round);
      look?.();
    });
    underWay.add(round);
  }

  /** Resolves when a round is over, or a second one may go. */
  async function changed(): Promise<void> {
    await new Promise<void>((resolve) => (look = resolve));
    look = null;
  }

  async function goRound(road: Road): Promise<void> {
    const round = await claimable(gather());
    try {
      await run(road, round);
    } catch (error) {
      if (!isConnectionError(error) && !(error instanceof Unavailable)) engine.log.error("a round failed", { error: String(error) });
      await pause();
      // What was claimed, if the reply alone was lost, is found by the sweep.
      claimDue = !engine.draining;
    } finally {
      if (round.claim !== null) engine.scheduler.close(round.claim);
    }
    engine.scheduler.settle(capacity());
  }

  function gather(): Round {
    const round = {
      making: take(making, (item) => sizeOfRun(item.run)),
      leaving: take(leaving, (item) => item.output?.data?.length ?? 0),
      claim: null,
    };
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
      try {
        await recountQueue(engine);
      } catch (error) {
        recountDue = true;
        claimDue = true;
        engine.log.warn("counting what waits failed", { error: String(error) });
        if (round.making.length + round.leaving.length === 0) await pause();
        return round;
      }
    }
    return {
      ...round,
      claim: engine.scheduler.claim(
        capacity(),
        round.leaving.map(({ item }) => item.finish.runId),
      ),
    };
  }

  async function run(road: Road, round: Round): Promise<void> {
    if (round.making.length === 0 && round.leaving.length === 0 && round.claim === null) return;
    try {
      settle(round, await commit(road, round));
    } catch (error) {
      if (error instanceof Unavailable || isConnectionError(error) || round.making.length + round.leaving.length === 0)
        return refuse(round, error);
      await oneByOne(road, round, error);
    }
  }

  async function commit(road: Road, round: Round): Promise<Done> {
    let tries = 0;
    return patiently(async () => {
      // A claim whose reply was lost is not made again: it would take more than there is room for.
      const again = tries++ > 0;
      const attempt = again ? { ...round, claim: null } : round;
      try {
        return await send(engine, road, { round: attempt, again });
      } catch (error) {
        if (again || !isUniqueViolation(error)) throw error;
        return send(engine, road, { round: { ...round, claim: null }, again: true });
      }
    });
  }

  /** One of them cannot be stored: it fails alone. */
  async function oneByOne(road: Road, { making: made, leaving: left }: Round, cause: unknown): Promise<void> {
    const alone: Round[] = [
      ...made.map((entry) => ({ making: [entry], leaving: [], claim: null })),
      ...left.map((entry) => ({ making: [], leaving: [entry], claim: null })),
    ];
    claimDue = true;
    if (alone.length === 1 && alone[0] !== undefined) return refuse(alone[0], cause);
    for (const round of alone) {
      try {
        settle(round, await commit(road, round));
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
    told.push(...tellCreated(engine, runs, made), ...(round.claim === null ? [] : holdClaimed(engine, round.claim, done.claimed)));
    tell(engine, told);
    const byId = new Map(made.map((stored) => [stored.id, stored]));
    if (made.length < runs.length) answerOthers(round, done, byId);
    for (const { item, resolve } of round.making) {
      const stored = byId.get(item.run.id);
      if (stored !== undefined) resolve({ id: stored.id, isCached: false, stored });
    }
    startCreated(engine, runs, byId);
    startClaimed(engine, done.claimed);
    followEnds(engine, { endings, ended, rows: done.ended, batches: done.batches });
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
    const isFirst = tookRequest(
      round.making.map(({ item }) => item),
      done.taken,
    );
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
    async warm() {
      await Promise.all(free.map((road) => warm(engine, road)));
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

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 250).unref());
