import { groupBy } from "../group-by";
import type { Rule } from "../checker";
import { kindOf } from "../kinds";
import type { FinalRun } from "../witnesses";

/** Runs that the driver asked for itself, one work item each. */
const topLevel = (runs: readonly FinalRun[]) => runs.filter((run) => run.parent === undefined && run.item === undefined);

export const onceRules: readonly Rule[] = [
  {
    name: "a work item is one run",
    means: "doubled",
    *breaches({ final }) {
      for (const [n, runs] of groupBy(topLevel(final.runs), (run) => run.n))
        if (runs.length > 1) yield [`n=${n}`, `it is ${runs.length} runs: ${idsOf(runs)}`];
    },
  },
  {
    name: "one key gives one id",
    means: "doubled",
    *breaches({ requests }) {
      for (const [key, same] of groupBy(requests, (request) => request.key ?? "")) {
        const ids = new Set(same.flatMap((request) => request.id ?? []));
        if (key !== "" && ids.size > 1) yield [key, `it was answered with ${[...ids].join(" and ")}`];
      }
    },
  },
  {
    name: "what was refused does not run",
    means: "doubled",
    *breaches({ final, requests }) {
      const asked = groupBy(
        requests.filter((request) => request.op === "trigger"),
        (request) => request.n,
      );
      for (const run of topLevel(final.runs))
        if ((asked.get(run.n) ?? []).every((request) => request.outcome === "fail"))
          yield [run.id, `work item ${run.n} was refused, or never asked for`];
    },
  },
  {
    name: "a child exists once",
    means: "doubled",
    *breaches({ final, childrenOf }) {
      for (const parent of final.runs) {
        for (const [slot, runs] of groupBy(childrenOf(parent.id), (run) => run.slot ?? "?"))
          if (runs.length > 1) yield [parent.id, `child "${slot}" of ${parent.task} is ${runs.length} runs: ${idsOf(runs)}`];
      }
    },
  },
  {
    name: "a child is there",
    means: "lost",
    *breaches({ final, childrenOf }) {
      for (const parent of final.runs.filter((run) => run.status === "COMPLETED")) {
        const slots = new Set(childrenOf(parent.id).map((run) => run.slot));
        for (const slot of kindOf(parent).children)
          if (!slots.has(slot)) yield [parent.id, `${parent.task} is COMPLETED and has no child "${slot}"`];
      }
    },
  },
  {
    name: "code that runs again meets the same children",
    means: "doubled",
    *breaches({ final, effectsOf }) {
      for (const run of final.runs.filter((one) => one.task === "family")) {
        for (const [step, marks] of groupBy(effectsOf(run.id), (effect) => `${effect.attempt} ${effect.step}`)) {
          const told = new Set(marks.map(({ child, children }) => JSON.stringify([child, children])));
          if (told.size > 1) yield [run.id, `at "${step}" it was given ${[...told].join(" and then ")}`];
        }
      }
    },
  },
  {
    name: "an attempt is used up by code alone",
    means: "doubled",
    *breaches({ final, effectsOf }) {
      for (const run of final.runs) {
        const kind = kindOf(run);
        const beyond = effectsOf(run.id).find((effect) => effect.attempt > run.attempts);
        if (beyond !== undefined) yield [run.id, `its code ran in attempt ${beyond.attempt} of ${run.attempts}`];
        if (run.attempts > kind.attempts || (run.status === kind.status && run.attempts < kind.attempts))
          yield [run.id, `${run.task} has had ${run.attempts} attempts, and its code uses ${kind.attempts}`];
      }
    },
  },
  {
    name: "code runs only for runs that exist",
    means: "lost",
    *breaches({ effects, run }) {
      for (const id of new Set(effects.map((effect) => effect.run)))
        if (run(id) === undefined) yield [id, "its code ran and the API does not know it"];
    },
  },
  {
    name: "a batch has each item once",
    means: "lost",
    *breaches({ final, requests }) {
      const sealed = new Set(
        requests.flatMap(({ op, outcome, target }) => (op === "items" && outcome === "ok" && target !== undefined ? [target] : [])),
      );
      for (const batch of final.batches.filter((one) => sealed.has(one.id))) {
        if (batch.status !== "COMPLETED" || new Set(batch.runs).size !== batch.runCount)
          yield [batch.id, `it is ${batch.status} with ${batch.runs.length} of ${batch.runCount} runs`];
      }
    },
  },
  {
    name: "a batch item is one run",
    means: "doubled",
    *breaches({ final }) {
      const items = final.runs.filter((run) => run.item !== undefined);
      for (const [item, runs] of groupBy(items, (run) => `n=${run.n} item ${run.item}`))
        if (runs.length > 1) yield [item, `it is ${runs.length} runs: ${idsOf(runs)}`];
    },
  },
];

const idsOf = (runs: readonly FinalRun[]) => runs.map((run) => run.id).join(", ");
