import type { Effect, Evidence, FinalEvent, FinalRun, Request } from "./witnesses";

const at = (t: number) => new Date(t).toISOString();

function events(from: number, ...types: [type: string, data?: Record<string, unknown>][]): FinalEvent[] {
  return types.map(([type, data], index) => ({ version: index + 1, type, at: at(from + index * 10), ...(data !== undefined && { data }) }));
}
const usual = (from: number) => events(from, ["created"], ["started", { attempt: 1 }], ["completed"]);
const done = { status: "COMPLETED", attempts: 1 };

let passes = 0;
function marks(
  run: string,
  of: { task: string; n: number; attempt?: number },
  steps: Record<string, number>,
  fact: Partial<Effect> = {},
): Effect[] {
  const pass = `pass ${passes++}`;
  return Object.entries(steps).map(([step, t]) => ({
    run,
    task: of.task,
    n: of.n,
    attempt: of.attempt ?? 1,
    step,
    pass,
    pid: 100,
    t,
    ...fact,
  }));
}
function reply(request: Partial<Request> & Pick<Request, "op" | "n">): Request {
  return { sentAt: 1000, repliedAt: 1010, outcome: "ok", status: 200, ...request };
}
function child(id: string, parent: string, slot: string, n: number): FinalRun {
  return { ...done, id, task: "child", n, parent, slot, fails: false, output: { slot }, events: usual(2000) };
}

/** What the witnesses of a small campaign say when nothing is wrong. Each test makes its own and spoils it. */
export function soundEvidence(): Evidence & { requests: Request[]; effects: Effect[] } {
  const slots = ["one", "loose", "many 0", "many 1", "many 2"];
  const runs: FinalRun[] = [
    { ...done, id: "run_noop", task: "noop", n: 1, output: { n: 1 }, events: usual(1000) },
    {
      ...done,
      id: "run_flaky",
      task: "flaky",
      n: 2,
      attempts: 2,
      output: { n: 2 },
      metadata: { begun: 2 },
      events: events(1000, ["created"], ["started", { attempt: 1 }], ["retrying"], ["started", { attempt: 2 }], ["completed"]),
    },
    {
      ...done,
      id: "run_family",
      task: "family",
      n: 3,
      output: { n: 3, one: "one", many: ["many 0", "many 1", "many 2"] },
      metadata: { children: 5 },
      events: usual(1000),
    },
    ...slots.map((slot, index) => child(`run_child${index}`, "run_family", slot, 3)),
    { ...done, id: "run_nap", task: "nap", n: 4, output: { n: 4 }, events: usual(1000) },
    { ...done, id: "run_asks", task: "asks", n: 5, output: { n: 5, value: "first" }, events: usual(1000) },
    {
      ...done,
      id: "run_canceled",
      task: "sleepy",
      n: 6,
      status: "CANCELED",
      events: events(1000, ["created"], ["started", { attempt: 1 }], ["canceled"]),
    },
    { ...done, id: "run_narrow", task: "narrow", n: 7, output: { n: 7 }, events: usual(1000) },
    {
      ...done,
      id: "run_streamer",
      task: "streamer",
      n: 8,
      output: { n: 8 },
      chunks: Array.from({ length: 12 }, (_, i) => ({ i })),
      events: usual(1000),
    },
    ...["run_item0", "run_item1"].map((id, item) => ({ ...done, id, task: "noop", n: 9, item, output: { n: 9 }, events: usual(1000) })),
    {
      ...done,
      id: "run_killed",
      task: "sleepy",
      n: 10,
      output: { n: 10 },
      events: events(1000, ["created"], ["started", { attempt: 1 }], ["redelivered"], ["resumed", { attempt: 1 }], ["completed"]),
    },
  ];
  const requests = [
    ...runs
      .filter((run) => run.parent === undefined && run.item === undefined)
      .map((run) => reply({ op: "trigger", n: run.n, id: run.id, key: `work-${run.n}` })),
    reply({ op: "answer", n: 5, target: "token_1", value: "first" }),
    reply({ op: "answer", n: 5, target: "token_1", value: "second", sentAt: 1020, repliedAt: 1030 }),
    reply({ op: "cancel", n: 6, target: "run_canceled", repliedAt: 1040 }),
    reply({ op: "items", n: 9, target: "batch_1" }),
  ];
  const effects = [
    ...marks("run_noop", { task: "noop", n: 1 }, { end: 1015 }),
    ...marks("run_flaky", { task: "flaky", n: 2 }, { begin: 1015 }),
    ...marks("run_flaky", { task: "flaky", n: 2, attempt: 2 }, { begin: 1035, end: 1036 }),
    ...marks("run_family", { task: "family", n: 3 }, { one: 1020 }, { child: "run_child0" }),
    ...marks("run_family", { task: "family", n: 3 }, { end: 1020 }),
    ...slots.flatMap((_, index) => marks(`run_child${index}`, { task: "child", n: 3 }, { begin: 2000, end: 2010 })),
    ...marks("run_nap", { task: "nap", n: 4 }, { begin: 1000, end: 7003 }),
    ...marks("run_asks", { task: "asks", n: 5 }, { token: 1005 }, { token: "token_1" }),
    ...marks("run_asks", { task: "asks", n: 5 }, { end: 1019 }, { value: "first" }),
    ...marks("run_canceled", { task: "sleepy", n: 6 }, { begin: 1010 }),
    ...marks("run_narrow", { task: "narrow", n: 7 }, { begin: 1010, end: 1100 }),
    ...marks("run_narrow", { task: "narrow", n: 7 }, { begin: 1050, end: 1150 }),
    ...marks("run_streamer", { task: "streamer", n: 8 }, { end: 1100 }),
    ...["run_item0", "run_item1"].flatMap((run) => marks(run, { task: "noop", n: 9 }, { end: 1015 })),
    ...marks("run_killed", { task: "sleepy", n: 10 }, { begin: 1010 }),
    ...marks("run_killed", { task: "sleepy", n: 10 }, { begin: 1030, end: 1040 }),
  ];
  return {
    requests,
    effects,
    kills: [{ kind: "worker", pid: 100, at: 1015 }],
    falls: [],
    final: {
      runs,
      tokens: [{ id: "token_1", status: "COMPLETED", output: { value: "first" } }],
      batches: [{ id: "batch_1", status: "COMPLETED", runCount: 2, runs: ["run_item0", "run_item1"] }],
      depths: { "noop queued": 0, "noop running": 0 },
    },
  };
}
