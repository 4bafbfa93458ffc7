import { groupBy } from "../group-by";
import type { Rule } from "../checker";
import type { FinalToken, Request } from "../witnesses";

const valueOf = (token: FinalToken): unknown =>
  typeof token.output === "object" && token.output !== null ? Reflect.get(token.output, "value") : undefined;

/** Answers that may have been the first: sent before any other was known to be taken. */
function candidates(answers: readonly Request[]): Set<string | undefined> {
  const firstTaken = Math.min(...answers.filter((answer) => answer.outcome === "ok").map((answer) => answer.repliedAt));
  return new Set(answers.filter((answer) => answer.outcome !== "fail" && answer.sentAt <= firstTaken).map((answer) => answer.value));
}

export const answerRules: readonly Rule[] = [
  {
    name: "an answered token is completed",
    means: "lost",
    *breaches({ final, requests }) {
      const answered = new Set(requests.flatMap(({ op, outcome, target }) => (op === "answer" && outcome === "ok" ? (target ?? []) : [])));
      for (const token of final.tokens)
        if (answered.has(token.id) && token.status !== "COMPLETED") yield [token.id, `its answer was taken, and it is ${token.status}`];
    },
  },
  {
    name: "the first answer stands",
    means: "wrong",
    *breaches({ final, requests }) {
      const byToken = groupBy(
        requests.filter((request) => request.op === "answer"),
        (request) => request.target ?? "",
      );
      for (const token of final.tokens.filter((one) => one.status === "COMPLETED")) {
        const possible = candidates(byToken.get(token.id) ?? []);
        const value = valueOf(token);
        if (![...possible].some((answer) => answer === value))
          yield [token.id, `it holds ${JSON.stringify(value)}, and the first answer was ${[...possible].join(" or ")}`];
      }
    },
  },
  {
    name: "the run is given the token's answer",
    means: "wrong",
    *breaches({ final, effectsOf }) {
      const held = new Map(final.tokens.map((token) => [token.id, valueOf(token)]));
      for (const run of final.runs) {
        for (const { token } of effectsOf(run.id)) {
          const ends = effectsOf(run.id).filter((effect) => effect.step === "end");
          const other = token === undefined ? undefined : ends.find((end) => end.value !== held.get(token));
          if (other !== undefined)
            yield [
              run.id,
              `it was given ${JSON.stringify(other.value)}, and its token ${token} holds ${JSON.stringify(held.get(token ?? ""))}`,
            ];
        }
      }
    },
  },
  {
    name: "a run makes its token once",
    means: "doubled",
    *breaches({ final, effectsOf }) {
      for (const run of final.runs) {
        const tokens = new Set(effectsOf(run.id).flatMap((effect) => effect.token ?? []));
        if (tokens.size > 1) yield [run.id, `its code was given the tokens ${[...tokens].join(" and ")}`];
      }
    },
  },
];
