import { openCase, type CaseFile } from "./case-file";
import { answerRules } from "./rules/answers";
import { endRules } from "./rules/ends";
import { onceRules } from "./rules/once";
import { orderRules } from "./rules/order";
import type { Evidence, KillKind } from "./witnesses";

/** `lost`: an accepted run, or what it was to do, is not there. `doubled`: it is there more than once. */
export type Meaning = "lost" | "doubled" | "wrong";

export interface Violation {
  rule: string;
  means: Meaning;
  /** Run, token, batch or work item. */
  subject: string;
  what: string;
}

export interface Rule {
  name: string;
  means: Meaning;
  /** Each breach: its subject and what is wrong. */
  breaches(of: CaseFile): Iterable<readonly [subject: string, what: string]>;
}

export const rules: readonly Rule[] = [...endRules, ...onceRules, ...orderRules, ...answerRules];

export function check(evidence: Evidence): Violation[] {
  const of = openCase(evidence);
  return rules.flatMap((rule) => [...rule.breaches(of)].map(([subject, what]) => ({ rule: rule.name, means: rule.means, subject, what })));
}

export interface Summary {
  runs: number;
  requests: number;
  okShare: number;
  kills: Record<KillKind, number>;
  /** Kills while at least one run was under way. */
  effective: number;
  lost: number;
  doubled: number;
  wrong: number;
}

/** A campaign in which little happened proves nothing. */
export const leastOkShare = 0.5;

export function summarise(evidence: Evidence, violations: readonly Violation[]): Summary {
  const { requests, kills, final } = evidence;
  const spans = final.runs.map((run) => [Date.parse(run.events[0]?.at ?? ""), Date.parse(run.events.at(-1)?.at ?? "")] as const);
  const ofKind = (kind: KillKind) => kills.filter((kill) => kill.kind === kind).length;
  const meaning = (means: Meaning) =>
    new Set(violations.filter((violation) => violation.means === means).map((violation) => violation.subject)).size;
  return {
    runs: final.runs.length,
    requests: requests.length,
    okShare: requests.filter((request) => request.outcome === "ok").length / Math.max(1, requests.length),
    kills: { worker: ofKind("worker"), server: ofKind("server"), postgres: ofKind("postgres") },
    effective: kills.filter(({ at }) => spans.some(([from, to]) => from <= at && at < to)).length,
    lost: meaning("lost"),
    doubled: meaning("doubled"),
    wrong: meaning("wrong"),
  };
}
