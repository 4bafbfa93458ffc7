import { expect, test } from "vitest";
import { check, rules, summarise } from "./checker";
import { soundEvidence } from "./sound";
import type { Effect, FinalRun, Request } from "./witnesses";

type Evidence = ReturnType<typeof soundEvidence>;

const run = ({ final }: Evidence, id: string): FinalRun => {
  const found = final.runs.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};
const add = ({ final }: Evidence, like: FinalRun, change: Partial<FinalRun>) => void final.runs.push({ ...like, ...change });
const effectOf = ({ effects }: Evidence, id: string, step: string): Effect => {
  const found = effects.find((effect) => effect.run === id && effect.step === step);
  if (found === undefined) throw new Error(`no ${step} of ${id}`);
  return found;
};
const requestOf = ({ requests }: Evidence, matches: (request: Request) => boolean): Request => {
  const found = requests.find((request) => matches(request));
  if (found === undefined) throw new Error("no such request");
  return found;
};
const without = <T>(list: T[], matches: (item: T) => boolean) => void list.splice(0, list.length, ...list.filter((item) => !matches(item)));

/** One planted fault and more for each rule. */
const plants: Record<string, ((evidence: Evidence) => void)[]> = {
  "an accepted run is there": [(evidence) => without(evidence.final.runs, (one) => one.id === "run_noop")],
  "a run reaches a final state": [
    (evidence) => Object.assign(run(evidence, "run_nap"), { status: "WAITING", events: run(evidence, "run_nap").events.slice(0, 2) }),
  ],
  "a run ends once": [
    (evidence) => run(evidence, "run_noop").events.push({ version: 4, type: "failed", at: "" }),
    (evidence) => run(evidence, "run_noop").events.pop(),
    (evidence) => Object.assign(run(evidence, "run_canceled"), { events: run(evidence, "run_noop").events }),
  ],
  "a run ends as its code says": [
    (evidence) => without(evidence.requests, (request) => request.op === "cancel"),
    (evidence) =>
      Object.assign(run(evidence, "run_killed"), {
        status: "CRASHED",
        errorName: "TASK_PROCESS_OOM_KILLED",
        events: run(evidence, "run_killed").events.map((event) => (event.type === "completed" ? { ...event, type: "failed" } : event)),
      }),
  ],
  "the server ends only when it is killed": [(evidence) => Object.assign(evidence, { falls: [1015] })],
  "a completed run's code came to its end": [(evidence) => without(evidence.effects, (effect) => effect.run === "run_noop")],
  "what a run leaves is exact": [
    (evidence) => Object.assign(run(evidence, "run_noop"), { output: { n: 2 } }),
    (evidence) => Object.assign(run(evidence, "run_flaky"), { metadata: { begun: 3 } }),
    (evidence) => run(evidence, "run_streamer").chunks?.splice(3, 1),
    (evidence) => run(evidence, "run_streamer").chunks?.push({ i: 11 }),
    (evidence) => Object.assign(run(evidence, "run_streamer"), { chunks: run(evidence, "run_streamer").chunks?.toReversed() }),
    (evidence) => Object.assign(run(evidence, "run_family"), { output: { n: 3, one: "one", many: ["many 0", "many 2"] } }),
  ],
  "children count at their parent exactly": [(evidence) => Object.assign(run(evidence, "run_family"), { metadata: { children: 6 } })],
  "a cancelled run does not go on": [
    (evidence) =>
      Object.assign(run(evidence, "run_canceled"), {
        status: "COMPLETED",
        output: { n: 6 },
        events: run(evidence, "run_noop").events.map((event) => ({ ...event, at: new Date(2000 + event.version).toISOString() })),
      }),
  ],
  "nothing is counted as going on": [(evidence) => Object.assign(evidence.final.depths, { "noop running": 1 })],
  "a work item is one run": [(evidence) => add(evidence, run(evidence, "run_noop"), { id: "run_again" })],
  "one key gives one id": [(evidence) => evidence.requests.push({ ...requestOf(evidence, (request) => request.n === 1), id: "run_other" })],
  "what was refused does not run": [
    (evidence) =>
      Object.assign(
        requestOf(evidence, (request) => request.n === 1),
        { outcome: "fail" },
      ),
  ],
  "a child exists once": [(evidence) => add(evidence, run(evidence, "run_child1"), { id: "run_twin" })],
  "a child is there": [(evidence) => without(evidence.final.runs, (one) => one.id === "run_child4")],
  "code that runs again meets the same children": [
    (evidence) => evidence.effects.push({ ...effectOf(evidence, "run_family", "one"), pass: "again", child: "run_child1" }),
  ],
  "an attempt is used up by code alone": [
    (evidence) => Object.assign(run(evidence, "run_noop"), { attempts: 2 }),
    (evidence) => Object.assign(run(evidence, "run_flaky"), { attempts: 1 }),
    (evidence) => Object.assign(effectOf(evidence, "run_noop", "end"), { attempt: 2 }),
  ],
  "code runs only for runs that exist": [
    (evidence) => evidence.effects.push({ ...effectOf(evidence, "run_noop", "end"), run: "run_ghost" }),
  ],
  "a batch has each item once": [
    (evidence) => evidence.final.batches[0]?.runs.pop(),
    (evidence) => Object.assign(evidence.final.batches[0] ?? {}, { status: "PROCESSING" }),
  ],
  "a batch item is one run": [(evidence) => add(evidence, run(evidence, "run_item1"), { id: "run_item2" })],
  "events are numbered without gaps": [
    (evidence) => run(evidence, "run_noop").events.splice(1, 1),
    (evidence) => Object.assign(run(evidence, "run_noop").events[2] ?? {}, { version: 2 }),
  ],
  "attempts follow each other": [(evidence) => Object.assign(run(evidence, "run_flaky").events[3] ?? {}, { data: { attempt: 3 } })],
  "a timed wait takes its time": [(evidence) => Object.assign(effectOf(evidence, "run_nap", "end"), { t: 6900 })],
  "a queue's limit holds": [
    (evidence) =>
      evidence.effects.push(
        ...["begin", "end"].map((step, index) => ({
          ...effectOf(evidence, "run_narrow", "begin"),
          step,
          pass: "third",
          t: 1060 + index * 50,
        })),
      ),
  ],
  "an answered token is completed": [(evidence) => Object.assign(evidence.final.tokens[0] ?? {}, { status: "WAITING" })],
  "the first answer stands": [
    (evidence) => Object.assign(evidence.final.tokens[0] ?? {}, { output: { value: "second" } }),
    (evidence) => Object.assign(evidence.final.tokens[0] ?? {}, { output: undefined }),
  ],
  "the run is given the token's answer": [(evidence) => Object.assign(effectOf(evidence, "run_asks", "end"), { value: "second" })],
  "a run makes its token once": [(evidence) => evidence.effects.push({ ...effectOf(evidence, "run_asks", "token"), token: "token_2" })],
};

test("finds nothing where nothing is wrong", () => {
  const evidence = soundEvidence();
  expect(check(evidence)).toEqual([]);
  expect(summarise(evidence, [])).toMatchObject({
    runs: 16,
    okShare: 1,
    kills: { worker: 1, server: 0, postgres: 0 },
    effective: 1,
    lost: 0,
    doubled: 0,
    wrong: 0,
  });
});

test("has a planted fault for every rule", () => {
  expect(Object.keys(plants).toSorted()).toEqual(rules.map((rule) => rule.name).toSorted());
});

test.each(Object.entries(plants).flatMap(([name, faults]) => faults.map((plant, index) => ({ name, index, plant }))))(
  "finds what is planted: $name, $index",
  ({ name, plant }) => {
    const evidence = soundEvidence();
    plant(evidence);
    expect(check(evidence).map((violation) => violation.rule)).toContain(name);
  },
);

test("two answers under way at once may either be the first", () => {
  const evidence = soundEvidence();
  Object.assign(
    requestOf(evidence, (request) => request.value === "second"),
    { sentAt: 1005 },
  );
  Object.assign(evidence.final.tokens[0] ?? {}, { output: { value: "second" } });
  expect(check(evidence).map((violation) => violation.rule)).not.toContain("the first answer stands");
});

test("counts what is lost and doubled by subject", () => {
  const evidence = soundEvidence();
  add(evidence, run(evidence, "run_noop"), { id: "run_again" });
  without(evidence.final.runs, (one) => one.id === "run_narrow");
  expect(summarise(evidence, check(evidence))).toMatchObject({ lost: 2, doubled: 1 });
});
