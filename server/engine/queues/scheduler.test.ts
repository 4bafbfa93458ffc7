import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { claimLimit, joinGates, laneKey, type Claim, type GateLimits, type Lane, type Pick } from "./lanes";
import { Scheduler } from "./scheduler";

const lane = (queue: string, key = ""): Lane => ({ queue, key });
/** What a claim would take; it takes nothing. */
function looked(scheduler: Scheduler, capacity: number, now = 0): Omit<Claim, "shares"> {
  const claim = scheduler.claim(capacity, [], now);
  if (claim !== null) scheduler.close(claim);
  return claim ?? { picks: [], room: 0 };
}
/** Picks as `queue[/key]:n`, in order. */
const picked = (scheduler: Scheduler, capacity: number, now = 0) =>
  looked(scheduler, capacity, now).picks.map((pick) => `${pick.queue}${pick.key === "" ? "" : `/${pick.key}`}:${pick.n}`);

describe("slots", () => {
  it("are counted by run, so that holding or releasing twice changes nothing", () => {
    const scheduler = new Scheduler(2);
    scheduler.hold("a", lane("q"));
    scheduler.hold("a", lane("q"));
    expect(scheduler.running).toBe(1);
    expect(scheduler.release("a")).toMatchObject({ queue: "q" });
    expect(scheduler.release("a")).toBeNull();
    expect(scheduler.running).toBe(0);
    expect(scheduler.depths().size).toBe(0);
  });

  it("that start nothing are counted: paused ones, and full ones in which runs wait", () => {
    const scheduler = new Scheduler(10);
    scheduler.setQueues(
      new Map([
        ["full", { limit: 1, total: null, paused: false }],
        ["idle", { limit: 1, total: null, paused: false }],
        ["paused", { limit: null, total: null, paused: true }],
      ]),
    );
    scheduler.hold("a", lane("full"));
    scheduler.hold("b", lane("idle"));
    scheduler.enqueued(lane("full"), 1);
    scheduler.enqueued(lane("paused"), 1);
    expect(scheduler.held()).toEqual({ paused: 1, full: 1 });
    expect([scheduler.runningIn(lane("full")), scheduler.runningIn(lane("nowhere"))]).toEqual([1, 0]);
  });

  it("a refused run leaves nothing behind", () => {
    const scheduler = new Scheduler(1);
    expect(scheduler.tryHold("a", lane("q"), 0)).toBe(false);
    expect(scheduler.depths().size).toBe(0);
  });

  it("of a queue, a key and the environment are limits each", () => {
    const scheduler = new Scheduler(3);
    scheduler.setQueues(new Map([["q", { limit: 1, total: null, paused: false }]]));
    expect(scheduler.tryHold("a", lane("q", "x"), 10)).toBe(true);
    expect(scheduler.tryHold("b", lane("q", "x"), 10)).toBe(false);
    expect(scheduler.tryHold("c", lane("q", "y"), 10)).toBe(true);
    expect(scheduler.tryHold("d", lane("other"), 10)).toBe(true);
    expect(scheduler.tryHold("e", lane("third"), 10)).toBe(false);
  });

  it("count against the workers' free places until a worker has the run", () => {
    const scheduler = new Scheduler(100);
    expect(scheduler.tryHold("a", lane("q"), 2)).toBe(true);
    expect(scheduler.tryHold("b", lane("q"), 2)).toBe(true);
    expect(scheduler.tryHold("c", lane("q"), 2)).toBe(false);
    scheduler.started("a");
    scheduler.release("b");
    expect(scheduler.starting).toBe(0);
    expect(scheduler.tryHold("c", lane("q"), 2)).toBe(true);
  });

  it.each([
    ["paused", { limit: null, total: null, paused: true }],
    ["limit 0", { limit: 0, total: null, paused: false }],
  ])("a queue that is %s starts nothing", (_, limits) => {
    const scheduler = new Scheduler(10);
    scheduler.setQueue("q", limits);
    scheduler.enqueued(lane("q"), 1);
    scheduler.enqueued(lane("other"), 2);
    expect(scheduler.tryHold("a", lane("q"), 10)).toBe(false);
    expect(picked(scheduler, 10)).toEqual(["other:1"]);
  });

  it("a lowered limit lets nothing start until enough have ended", () => {
    const scheduler = new Scheduler(10);
    for (const id of ["a", "b", "c"]) scheduler.hold(id, lane("q"));
    scheduler.setQueue("q", { limit: 2, total: null, paused: false });
    scheduler.enqueued(lane("q"), 1, 5);
    scheduler.release("a");
    expect(picked(scheduler, 10)).toEqual([]);
    scheduler.release("b");
    expect(picked(scheduler, 10)).toEqual(["q:1"]);
  });
});

describe("picks", () => {
  it("a free key starts at once behind 40 saturated ones", () => {
    const scheduler = new Scheduler(100);
    scheduler.setQueue("q", { limit: 1, total: null, paused: false });
    for (let key = 0; key < 40; key += 1) {
      scheduler.hold(`run${key}`, lane("q", `busy${key}`));
      scheduler.enqueued(lane("q", `busy${key}`), key, 1000);
    }
    scheduler.enqueued(lane("q", "free"), 1e6);
    expect(picked(scheduler, 10)).toEqual(["q/free:1"]);
  });

  it("share the room, each lane as much as another", () => {
    const scheduler = new Scheduler(100);
    scheduler.enqueued(lane("big"), 1, 100_000);
    scheduler.enqueued(lane("small"), 9, 4);
    const { picks } = looked(scheduler, 10);
    expect(picks.map((pick) => pick.n)).toEqual([5, 4]);
  });

  it("serve the lane that waits longest; new keys without end do not starve it", () => {
    const scheduler = new Scheduler(100);
    scheduler.enqueued(lane("old"), 1, 1000);
    expect(picked(scheduler, 1)).toEqual(["old:1"]);
    let served = 0;
    for (let turn = 0; turn < 40; turn += 1) {
      const fresh = lane("keyed", `k${turn}`);
      scheduler.enqueued(fresh, turn);
      const claim = scheduler.claim(1, [], 0);
      const pick = claim?.picks[0];
      if (claim === null || pick === undefined) throw new Error("nothing was picked");
      if (pick.queue === "old") served += 1;
      scheduler.claimed(claim, pick, turn);
      scheduler.close(claim);
    }
    // Its turn comes once a round; the rounds grow with the keys that wait.
    expect(served).toBeGreaterThanOrEqual(6);
  });

  it("never ask for more than the room, the lanes' rooms or what waits", () => {
    const lanes = fc.array(
      fc.record({ queue: fc.constantFrom("a", "b", "c"), key: fc.constantFrom("", "x", "y"), waiting: fc.nat(40), running: fc.nat(4) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(lanes, fc.integer({ min: 1, max: 12 }), fc.nat(20), fc.option(fc.nat(5)), (given, environmentLimit, capacity, limit) => {
        const scheduler = new Scheduler(environmentLimit);
        scheduler.setQueues(new Map(["a", "b"].map((name) => [name, { limit, total: null, paused: false }])));
        const waiting = new Map<string, number>();
        for (const [index, one] of given.entries()) {
          if (one.waiting > 0) scheduler.enqueued(one, 0, one.waiting);
          waiting.set(`${one.queue}/${one.key}`, (waiting.get(`${one.queue}/${one.key}`) ?? 0) + one.waiting);
          for (let run = 0; run < one.running; run += 1) scheduler.hold(`${index}.${run}`, one);
        }
        const before = scheduler.depths();
        const { picks, room } = looked(scheduler, capacity);
        expect(room).toBeLessThanOrEqual(Math.min(capacity, claimLimit));
        const lanesSeen = new Set<string>();
        for (const pick of picks) {
          const id = `${pick.queue}/${pick.key}`;
          expect(lanesSeen.has(id)).toBe(false);
          lanesSeen.add(id);
          expect(pick.n).toBeGreaterThan(0);
          expect(pick.n).toBeLessThanOrEqual(waiting.get(id) ?? 0);
          expect(pick.n).toBeLessThanOrEqual(pick.queue === "c" ? Infinity : (limit ?? Infinity));
        }
        // When something could start, something is picked.
        expect(picks.length > 0 || !scheduler.ready || capacity === 0).toBe(true);
        expect(scheduler.depths()).toEqual(before);
      }),
    );
  });
});

interface Row {
  lane: Lane;
  score: number;
  id: number;
}
/** The queue table as the database has it. */
class Table {
  readonly rows: Row[] = [];
  #next = 0;
  add(of: Lane, score: number): void {
    this.rows.push({ lane: of, score, id: (this.#next += 1) });
  }
  /** The rows that a claim locks: those that others hold are passed over. */
  find(pick: Pick, held: ReadonlySet<Row>): Row[] {
    return this.rows
      .filter((row) => row.lane.queue === pick.queue && row.lane.key === pick.key && row.score >= pick.floor && !held.has(row))
      .toSorted((a, b) => a.score - b.score || a.id - b.id)
      .slice(0, pick.n);
  }
}

describe("claims under way", () => {
  it("keep their slots: whoever comes meanwhile stays within the environment's limit", () => {
    const scheduler = new Scheduler(10);
    scheduler.enqueued(lane("waiting"), 1, 100);
    const claim = scheduler.claim(10, [], 0);
    expect(claim?.room).toBe(5);
    const held = Array.from({ length: 20 }, (_, run) => scheduler.tryHold(`run${run}`, lane("other"), 100)).filter(Boolean);
    expect(held).toHaveLength(5);
    if (claim !== null) scheduler.close(claim);
    expect(scheduler.tryHold("last", lane("other"), 100)).toBe(true);
  });

  it("share what waits, the slots and the workers' places with each other", () => {
    const scheduler = new Scheduler(100);
    scheduler.setQueue("q", { limit: 7, total: null, paused: false });
    scheduler.enqueued(lane("q"), 1, 100);
    const first = scheduler.claim(5, [], 0);
    const second = scheduler.claim(5, [], 0);
    expect([first?.room, second?.room, scheduler.claim(5, [], 0)]).toEqual([5, 2, null]);
    expect(scheduler.starting).toBe(7);
  });

  it("take the slots of runs that end in the same commit", () => {
    const scheduler = new Scheduler(2);
    for (const run of ["a", "b"]) scheduler.hold(run, lane("q"));
    scheduler.enqueued(lane("q"), 1, 10);
    expect(scheduler.claim(10, [], 0)).toBeNull();
    expect(scheduler.claim(10, ["a"], 0)?.room).toBe(1);
  });
});

describe("floors", () => {
  const row = fc.record({ queue: fc.constantFrom("a", "b"), score: fc.nat(1000) });
  const step = fc.oneof(
    fc.record({ kind: fc.constant("enqueue" as const), row }),
    fc.record({ kind: fc.constant("claim" as const), capacity: fc.integer({ min: 1, max: 5 }) }),
    // The statement of a claim that was sent has run: its rows are locked. Then it is committed, or undone.
    fc.record({ kind: fc.constant("commit" as const), which: fc.nat(2), fails: fc.boolean() }),
  );

  it("no waiting run is ever below its lane's floor, whatever commits or fails beside a claim", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const scheduler = new Scheduler(1000);
        const table = new Table();
        const underWay: { claim: Claim; locked: Row[]; taken: Row[] }[] = [];
        for (const one of steps) {
          if (one.kind === "enqueue") {
            table.add(lane(one.row.queue), one.row.score);
            scheduler.enqueued(lane(one.row.queue), one.row.score);
          } else if (one.kind === "claim") {
            // The clock stands still: floors are not looked at anew.
            const claim = scheduler.claim(one.capacity, [], 0);
            if (claim === null) continue;
            const held = new Set(underWay.flatMap(({ locked }) => locked));
            const locked = claim.picks.flatMap((pick) => table.find(pick, held));
            underWay.push({ claim, locked, taken: locked.toSorted((a, b) => a.score - b.score || a.id - b.id).slice(0, claim.room) });
          } else {
            const [ended] = underWay.splice(one.which % Math.max(underWay.length, 1), 1);
            if (ended === undefined) continue;
            for (const taken of one.fails ? [] : ended.taken) {
              table.rows.splice(table.rows.indexOf(taken), 1);
              scheduler.claimed(ended.claim, taken.lane, taken.score);
            }
            scheduler.close(ended.claim);
          }
        }
        for (const { claim } of underWay) scheduler.close(claim);
        for (const pick of looked(scheduler, 1000).picks) {
          for (const { score } of table.rows.filter(({ lane: { queue } }) => queue === pick.queue))
            expect(score).toBeGreaterThanOrEqual(pick.floor);
        }
        expect(scheduler.waiting).toBe(table.rows.length);
        expect(scheduler.starting).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  it("are forgotten after a second, for what another node has queued", () => {
    const scheduler = new Scheduler(10);
    scheduler.enqueued(lane("q"), 50, 3);
    const take = (now: number) => {
      const claim = scheduler.claim(1, [], now);
      if (claim === null) throw new Error("nothing was claimed");
      scheduler.claimed(claim, lane("q"), 50);
      scheduler.close(claim);
      return claim.picks[0]?.floor;
    };
    expect(take(10_000)).toBe(0);
    expect(take(10_500)).toBe(50);
    expect(take(11_500)).toBe(0);
  });
});

describe("counting again", () => {
  it("loses nothing that is enqueued while the table is read", async () => {
    const scheduler = new Scheduler(10);
    scheduler.enqueued(lane("gone"), 1, 7);
    await scheduler.recount(async () => {
      scheduler.enqueued(lane("new"), 1, 2);
      return [{ ...lane("there"), waiting: 3 }];
    });
    expect(Object.fromEntries([...scheduler.depths()].map(([name, depth]) => [name, depth.waiting]))).toEqual({ new: 2, there: 3 });
  });

  it("that fails changes nothing", async () => {
    const scheduler = new Scheduler(10);
    scheduler.enqueued(lane("q"), 1, 7);
    await expect(scheduler.recount(() => Promise.reject(new Error("away")))).rejects.toThrow("away");
    expect(scheduler.waiting).toBe(7);
    scheduler.enqueued(lane("q"), 1);
    expect(scheduler.waiting).toBe(8);
  });
});

describe("the fast road", () => {
  it("is closed while runs that came first wait for capacity, and open again when none does", () => {
    const scheduler = new Scheduler(1);
    scheduler.hold("a", lane("q"));
    scheduler.enqueued(lane("q"), 1);
    scheduler.settle(10);
    scheduler.release("a");
    // The slot is free, but the run in `q` is ahead of whoever comes now.
    expect(scheduler.tryHold("b", lane("other"), 10)).toBe(false);
    const claim = scheduler.claim(10, [], 0);
    expect(claim?.picks).toMatchObject([{ queue: "q", n: 1 }]);
    if (claim === null) return;
    scheduler.claimed(claim, lane("q"), 1);
    scheduler.close(claim);
    scheduler.settle(10);
    expect(scheduler.tryHold("b", lane("other"), 10)).toBe(true);
  });
});

describe("named limits", () => {
  const held = (queue: string, key: string, ...names: string[]): Lane => ({ queue, key: laneKey(key, joinGates(names)) });
  const limit = (limits: Partial<GateLimits>): GateLimits => ({ perKey: null, total: null, paused: false, keys: new Map(), ...limits });

  it("hold over queues and tasks: in all, and per concurrency key; a bound of one key holds till its time is over", () => {
    const scheduler = new Scheduler(100);
    const now = Date.now();
    scheduler.setLimits(
      new Map([
        [
          "shared",
          limit({
            perKey: 1,
            total: 3,
            keys: new Map([
              ["big", { perKey: 2, until: now + 60_000 }],
              ["over", { perKey: 9, until: now - 1 }],
            ]),
          }),
        ],
        ["paused", limit({ paused: true })],
      ]),
    );
    const tries: [string, Lane, boolean][] = [
      ["a", held("q", "x", "shared"), true],
      ["b", held("r", "x", "shared"), false],
      ["c", held("r", "big", "shared"), true],
      ["d", held("q", "big", "shared"), true],
      ["e", held("q", "y", "shared"), false],
      ["f", held("q", "x"), true],
      ["g", held("q", "", "paused"), false],
      ["h", held("q", "", "unknown"), true],
    ];
    expect(tries.map(([id, of]) => [id, scheduler.tryHold(id, of, 100)])).toEqual(tries.map(([id, , starts]) => [id, starts]));
    expect([scheduler.holding("shared"), scheduler.holding("shared", "big")]).toEqual([
      { running: 3, queued: 0 },
      { running: 2, queued: 0 },
    ]);
    for (const id of ["c", "d"]) scheduler.release(id);
    expect([scheduler.tryHold("i", held("q", "over", "shared"), 100), scheduler.tryHold("j", held("r", "over", "shared"), 100)]).toEqual([
      true,
      false,
    ]);
  });

  it("are never exceeded, whatever is claimed, held and released at once, and nothing of them is left", () => {
    const bounds = { perKey: 2, total: 3 };
    const place = fc.record({
      queue: fc.constantFrom("a", "b"),
      key: fc.constantFrom("", "k", "l"),
      gates: fc.constantFrom<string[]>([], ["g"], ["g", "h"], ["h"]),
    });
    const step = fc.oneof(
      fc.record({ kind: fc.constant("enqueue" as const), place }),
      fc.record({ kind: fc.constant("start" as const), place }),
      fc.record({ kind: fc.constant("claim" as const), capacity: fc.integer({ min: 1, max: 9 }), leaving: fc.boolean() }),
      fc.record({ kind: fc.constant("release" as const), which: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const scheduler = new Scheduler(8);
        scheduler.setQueues(new Map([["a", { limit: 2, total: null, paused: false }]]));
        scheduler.setLimits(
          new Map([
            ["g", limit(bounds)],
            ["h", limit({ perKey: 1 })],
          ]),
        );
        const running = new Map<string, { queue: string; key: string; gates: string[] }>();
        const lanes = new Map<string, { queue: string; key: string; gates: string[] }>();
        let n = 0;
        const count = (test: (of: { queue: string; key: string; gates: string[] }) => boolean) => [...running.values()].filter(test).length;
        for (const one of steps) {
          if (one.kind === "enqueue") {
            const of = held(one.place.queue, one.place.key, ...one.place.gates);
            lanes.set(`${of.queue}\n${of.key}`, one.place);
            scheduler.enqueued(of, ++n);
          } else if (one.kind === "start") {
            const id = `run_${++n}`;
            if (scheduler.tryHold(id, held(one.place.queue, one.place.key, ...one.place.gates), 100)) running.set(id, one.place);
          } else if (one.kind === "claim") {
            // What ends in the same commit has ended by the time that the claimed ones start.
            const leaving = one.leaving ? [...running.keys()].slice(0, 2) : [];
            const claim = scheduler.claim(one.capacity, leaving, 0);
            if (claim === null) continue;
            for (const id of leaving) {
              scheduler.release(id);
              running.delete(id);
            }
            let left = claim.room;
            for (const pick of claim.picks) {
              for (let taken = 0; taken < pick.n && left > 0; taken += 1, left -= 1) {
                const id = `run_${++n}`;
                scheduler.claimed(claim, pick, n);
                scheduler.hold(id, pick);
                const of = lanes.get(`${pick.queue}\n${pick.key}`);
                if (of !== undefined) running.set(id, of);
              }
            }
            scheduler.close(claim);
          } else {
            const id = [...running.keys()][one.which % Math.max(1, running.size)];
            if (id === undefined) continue;
            scheduler.release(id);
            running.delete(id);
          }
          expect(count(({ gates }) => gates.includes("g"))).toBeLessThanOrEqual(bounds.total);
          for (const key of ["", "k", "l"]) {
            expect(count((of) => of.gates.includes("g") && of.key === key)).toBeLessThanOrEqual(bounds.perKey);
            expect(count((of) => of.gates.includes("h") && of.key === key)).toBeLessThanOrEqual(1);
            expect(count((of) => of.queue === "a" && of.key === key)).toBeLessThanOrEqual(2);
          }
          expect(scheduler.holding("g").running).toBe(count(({ gates }) => gates.includes("g")));
        }
        for (const id of running.keys()) scheduler.release(id);
        expect(scheduler.running).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
