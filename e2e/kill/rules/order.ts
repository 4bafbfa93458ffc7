import { groupBy } from "../group-by";
import type { Rule } from "../checker";
import { napMs } from "../kinds";
import type { Effect } from "../witnesses";

/** Limit of the fixture's narrow queue. */
const narrowLimit = 2;
/** Due times are kept to the millisecond. */
const dueMs = 5;

export const orderRules: readonly Rule[] = [
  {
    name: "events are numbered without gaps",
    means: "lost",
    *breaches({ final }) {
      for (const run of final.runs) {
        const versions = run.events.map((event) => event.version);
        const at = versions.findIndex((version, index) => version !== index + 1);
        if (at !== -1 || versions.length === 0) yield [run.id, `its events are numbered ${versions.join(", ")}`];
      }
    },
  },
  {
    name: "attempts follow each other",
    means: "wrong",
    *breaches({ final }) {
      for (const run of final.runs) {
        const attempts = run.events.filter((event) => event.type === "started").map((event) => Number(event.data?.["attempt"]));
        if (attempts.some((attempt, at) => attempt < (attempts[at - 1] ?? 1) || attempt > (attempts[at - 1] ?? 0) + 1))
          yield [run.id, `its attempts started in the order ${attempts.join(", ")}`];
      }
    },
  },
  {
    name: "a timed wait takes its time",
    means: "wrong",
    *breaches({ final, effectsOf }) {
      for (const run of final.runs.filter((one) => one.status === "COMPLETED" && (one.task === "nap" || one.task === "crowd"))) {
        const times = (step: string) =>
          effectsOf(run.id)
            .filter((effect) => effect.step === step)
            .map((effect) => effect.t);
        const took = Math.min(...times("end")) - Math.min(...times("begin"));
        if (took < napMs - dueMs) yield [run.id, `it slept ${took} ms of ${napMs}`];
      }
    },
  },
  {
    name: "a queue's limit holds",
    means: "wrong",
    *breaches({ effects }) {
      const passes = groupBy(
        effects.filter((effect) => effect.task === "narrow"),
        (effect) => effect.pass,
      );
      // Only passes that came to their end: of the others nobody knows when they were killed.
      const spans = [...passes.values()].flatMap((marks) => spanOf(marks));
      for (const { from, run } of spans) {
        const together = spans.filter((other) => other.from <= from && from < other.to);
        if (together.length > narrowLimit) yield [run, `${together.length} runs of a queue with limit ${narrowLimit} at once`];
      }
    },
  },
];

function spanOf(marks: readonly Effect[]): { from: number; to: number; run: string }[] {
  const from = marks.find((mark) => mark.step === "begin");
  const to = marks.find((mark) => mark.step === "end");
  return from === undefined || to === undefined ? [] : [{ from: from.t, to: to.t, run: from.run }];
}
