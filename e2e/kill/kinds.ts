import type { Random } from "./random";
import type { FinalRun } from "./witnesses";

/** What the driver asks for, and what must come of it when nobody cancels. */
export interface Kind {
  task: string;
  /** Share of the load. */
  weight: number;
  payload(random: Random): Record<string, unknown>;
  options?: Record<string, unknown>;
  /** Attempts that the code itself uses up. A process that dies around a run uses none. */
  attempts: number;
  status: "COMPLETED" | "FAILED";
  /** Children of a run, by their place: each exists exactly once when it completes. */
  children: readonly string[];
  /** What is wrong with the run's own state at its end. */
  check?(run: FinalRun): string | null;
  /** Somebody else may end it. */
  cancelable: boolean;
  /** Only in campaigns that last longer than its delay. */
  isLong?: boolean;
}

const none = () => ({});
const plain = { attempts: 1, status: "COMPLETED", children: [], cancelable: false } as const;
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const expected = (what: string, want: unknown, got: unknown) =>
  same(want, got) ? null : `${what} is ${JSON.stringify(got)} and not ${JSON.stringify(want)}`;
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Steps of `counter` and chunks of `streamer`. */
export const count = 12;

const families = ["one", "loose", "many 0", "many 1", "many 2"];
const crowds = ["left", "right", "pair 0", "pair 1"];

export const kinds: readonly Kind[] = [
  { ...plain, task: "noop", weight: 28, payload: none },
  { ...plain, task: "noop", weight: 3, payload: none, options: { delay: "2s" } },
  { ...plain, task: "sleepy", weight: 16, payload: (random) => ({ ms: random.between(50, 2500) }), cancelable: true },
  // In a process of its own.
  { ...plain, task: "sleepy", weight: 2, payload: (random) => ({ ms: random.between(50, 500) }), options: { machine: "micro" } },
  { ...plain, task: "narrow", weight: 6, payload: (random) => ({ ms: random.between(20, 250) }) },
  {
    ...plain,
    task: "flaky",
    weight: 6,
    payload: () => ({ delayMs: 400 }),
    attempts: 2,
    check: (run) => expected("metadata.begun", 2, run.metadata?.["begun"]),
  },
  { ...plain, task: "flaky", weight: 2, payload: () => ({ delayMs: 31_000 }), attempts: 2, isLong: true },
  { ...plain, task: "hopeless", weight: 3, payload: none, attempts: 2, status: "FAILED" },
  {
    ...plain,
    task: "counter",
    weight: 7,
    payload: () => ({ count }),
    children: ["counted", "scattered 0", "scattered 1"],
    check: (run) => expected("metadata", { count, seen: numbers(count) }, { count: run.metadata?.["count"], seen: run.metadata?.["seen"] }),
  },
  {
    ...plain,
    task: "streamer",
    weight: 6,
    payload: () => ({ count }),
    check: (run) =>
      expected(
        "the stream",
        numbers(count).map((i) => ({ i })),
        run.chunks,
      ),
  },
  {
    ...plain,
    task: "family",
    weight: 9,
    payload: none,
    children: families,
    cancelable: true,
    check: (run) => expected("the output", { n: run.n, one: "one", many: ["many 0", "many 1", "many 2"] }, run.output),
  },
  {
    ...plain,
    task: "crowd",
    weight: 4,
    payload: none,
    children: crowds,
    cancelable: true,
    check: (run) => expected("the output", { n: run.n, left: "left", right: "right", pair: ["pair 0", "pair 1"] }, run.output),
  },
  {
    ...plain,
    task: "relay",
    weight: 4,
    payload: none,
    children: ["answerer"],
    check: (run) => expected("the output", { n: run.n, value: "inside" }, run.output),
  },
  { ...plain, task: "nap", weight: 5, payload: () => ({ seconds: 6 }), cancelable: true },
  { ...plain, task: "asks", weight: 5, payload: none, cancelable: true },
  { ...plain, task: "answers", weight: 4, payload: none, cancelable: true },
];

/** What is expected of a run: by its task. Children are triggered by task code only. */
export function kindOf(run: Pick<FinalRun, "task" | "fails">): Pick<Kind, "attempts" | "status" | "children" | "check"> {
  if (run.task === "child" || run.task === "answerer") return { ...plain, attempts: run.fails === true ? 2 : 1 };
  const kind = kinds.find((one) => one.task === run.task);
  if (kind === undefined) throw new Error(`nobody asked for a run of ${run.task}`);
  return kind;
}

/** Shortest time that a nap may take, ms. */
export const napMs = 6_000;

export function chooseKind(random: Random, mayBeLong: (kind: Kind) => boolean): Kind {
  const open = kinds.filter((kind) => kind.isLong !== true || mayBeLong(kind));
  let rest = random.next() * open.reduce((sum, kind) => sum + kind.weight, 0);
  for (const kind of open) {
    rest -= kind.weight;
    if (rest < 0) return kind;
  }
  throw new Error("there are no kinds of work");
}
