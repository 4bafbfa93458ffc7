import { finalEvents, isFinal } from "../case-file";
import type { Rule } from "../checker";
import { kindOf } from "../kinds";

export const endRules: readonly Rule[] = [
  {
    name: "an accepted run is there",
    means: "lost",
    *breaches({ requests, run }) {
      for (const { op, id, n, outcome } of requests)
        if (op === "trigger" && outcome === "ok" && (id === undefined || run(id) === undefined))
          yield [id ?? `n=${n}`, `work item ${n} was accepted and is nowhere`];
    },
  },
  {
    name: "a run reaches a final state",
    means: "lost",
    *breaches({ final }) {
      for (const run of final.runs)
        if (!isFinal(run)) yield [run.id, `${run.task} is still ${run.status}; its last event: ${run.events.at(-1)?.type}`];
    },
  },
  {
    name: "a run ends once",
    means: "doubled",
    *breaches({ final }) {
      const ends = new Set(Object.values(finalEvents));
      for (const run of final.runs) {
        const told = run.events.filter((event) => ends.has(event.type)).map((event) => event.type);
        if (isFinal(run) && (told.length !== 1 || told[0] !== finalEvents[run.status]))
          yield [run.id, `${run.status}, and its events say: ${told.join(", ") || "no end"}`];
      }
    },
  },
  {
    name: "a run ends as its code says",
    means: "wrong",
    *breaches(of) {
      for (const run of of.final.runs.filter((one) => isFinal(one))) {
        const wanted = kindOf(run).status;
        if (run.status === wanted) continue;
        if (run.status === "CANCELED" && of.mayBeCanceled(run)) continue;
        yield [run.id, `${run.task} is ${run.status} (${run.errorName ?? "no error"}) and not ${wanted}`];
      }
    },
  },
  {
    name: "the server ends only when it is killed",
    means: "wrong",
    *breaches({ falls }) {
      for (const at of falls) yield ["server", `it ended by itself at ${new Date(at).toISOString()}`];
    },
  },
  {
    name: "a completed run's code came to its end",
    means: "lost",
    *breaches({ final, effectsOf }) {
      for (const run of final.runs)
        if (run.status === "COMPLETED" && !effectsOf(run.id).some((effect) => effect.step === "end"))
          yield [run.id, `${run.task} is COMPLETED and its code never came to its end`];
    },
  },
  {
    name: "what a run leaves is exact",
    means: "wrong",
    *breaches({ final, childrenOf }) {
      for (const run of final.runs) {
        const kind = kindOf(run);
        if (run.status !== kind.status) continue;
        if (run.status === "COMPLETED" && run.slot === undefined && numberOf(run.output) !== run.n)
          yield [run.id, `its output ${JSON.stringify(run.output)} is another run's`];
        // What a child that was killed leaves out is said by the rules about ends.
        if (childrenOf(run.id).some((child) => child.status !== "COMPLETED")) continue;
        const wrong = kind.check?.(run) ?? null;
        if (wrong !== null) yield [run.id, `${run.task}: ${wrong}`];
      }
    },
  },
  {
    name: "children count at their parent exactly",
    means: "wrong",
    *breaches({ final, childrenOf }) {
      for (const run of final.runs.filter((one) => one.status === "COMPLETED" && (one.task === "family" || one.task === "crowd"))) {
        const children = childrenOf(run.id);
        if (children.some((child) => child.status !== "COMPLETED")) continue;
        const attempts = children.reduce((sum, child) => sum + child.attempts, 0);
        if (run.metadata?.["children"] !== attempts)
          yield [run.id, `metadata.children is ${String(run.metadata?.["children"])} after ${attempts} attempts of children`];
      }
    },
  },
  {
    name: "a cancelled run does not go on",
    means: "wrong",
    *breaches({ requests, run }) {
      for (const { op, target, outcome, repliedAt } of requests) {
        const end =
          op === "cancel" && outcome === "ok" && target !== undefined
            ? run(target)?.events.findLast((event) => event.type === "completed" || event.type === "failed")
            : undefined;
        if (target !== undefined && end !== undefined && Date.parse(end.at) > repliedAt + clockMs)
          yield [target, `it ended as ${end.type} after its cancel was answered`];
      }
    },
  },
  {
    name: "nothing is counted as going on",
    means: "wrong",
    *breaches({ final }) {
      for (const [name, count] of Object.entries(final.depths)) if (count !== 0) yield [name, `it says ${count} when all is over`];
    },
  },
];

/** Database and driver read the same clock, to different precision. */
const clockMs = 5;

const numberOf = (output: unknown): unknown => (typeof output === "object" && output !== null ? Reflect.get(output, "n") : undefined);
