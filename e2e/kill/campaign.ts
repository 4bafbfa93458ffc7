import { check, leastOkShare, summarise, type Summary, type Violation } from "./checker";
import { startDriver } from "./driver";
import { drained, openApi, readFinal } from "./final-reads";
import { openHouse } from "./house";
import { runNemesis } from "./nemesis";
import { randomFrom } from "./random";
import { createRequests } from "./requests";
import { readEffects, type Evidence, type KillKind } from "./witnesses";

export interface CampaignOptions {
  seed: number;
  /** Work items of the driver; with children they are about twice as many runs. */
  items: number;
  overMs: number;
  kills: Record<KillKind, number>;
  /** After the last kill and the last item everything must have ended within this. */
  drainMs: number;
}

export interface CampaignReport extends Summary {
  seed: number;
  durationMs: number;
  violations: Violation[];
  /** Why the campaign proves nothing; empty: it does. */
  void: string[];
  evidence: Evidence;
  serverOutput: string;
}

const callers = 16;
/** Of `wait.for` and queued retries, with what a restart adds. */
const longestWorkMs = 60_000;

/** One server under load and kills, then the checker over what the witnesses saw. */
export async function runCampaign({ seed, items, overMs, kills: plan, drainMs }: CampaignOptions): Promise<CampaignReport> {
  const begun = Date.now();
  const house = await openHouse();
  try {
    const requests = createRequests(house);
    const count = plan.worker + plan.server + plan.postgres;
    // A generator each: what one of them draws must not depend on the pace of the other.
    const killing = runNemesis({ house, random: randomFrom(seed + 1), plan, meanPauseMs: overMs / (count + 1) });
    const driver = startDriver({
      requests,
      random: randomFrom(seed),
      journal: house.journal,
      items,
      overMs,
      until: killing,
      callers,
      mayBeLong: () => overMs > longestWorkMs,
    });
    const [kills] = await Promise.all([killing, driver.sent]);
    const { falls } = house;
    const api = openApi(house);
    const { left } = await drained(api, drainMs);
    await driver.stopAnswering();
    const final = await readFinal(api, requests.journal);
    const { code } = await house.stop();
    const evidence: Evidence = { requests: requests.journal, effects: readEffects(house.journal).effects, kills, falls: [...falls], final };
    const violations = check(evidence);
    if (code !== 0)
      violations.push({
        rule: "a server that is told to stop stops in order",
        means: "wrong",
        subject: "server",
        what: `exit code ${code}`,
      });
    const summary = summarise(evidence, violations);
    return {
      ...summary,
      seed,
      durationMs: Date.now() - begun,
      violations,
      void: voidReasons(summary, count),
      evidence,
      serverOutput: `${house.output()}\nleft after the drain: ${left.join("; ") || "nothing"}; SIGTERM at the end: exit code ${code}`,
    };
  } finally {
    await house.remove();
  }
}

/** Share of the kills that must come while a run is under way; the first may come before the first run. */
const leastEffective = 0.85;

function voidReasons({ effective, okShare, runs }: Summary, planned: number): string[] {
  return [
    ...(effective < planned * leastEffective ? [`${effective} of ${planned} kills met a run under way`] : []),
    ...(okShare < leastOkShare ? [`${Math.round(okShare * 100)} % of the requests were answered`] : []),
    ...(runs === 0 ? ["there were no runs"] : []),
  ];
}

export function describeReport({ seed, runs, requests, okShare, kills, lost, doubled, wrong, durationMs }: CampaignReport): string {
  return `kill test: seed ${seed}, ${runs} runs, ${requests} requests (${Math.round(okShare * 100)} % answered), SIGKILLs: ${kills.worker} worker, ${kills.server} server, ${kills.postgres} PostgreSQL; lost ${lost}, doubled ${doubled}, other violations ${wrong}; ${Math.round(durationMs / 1000)} s`;
}
