import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeReport, runCampaign, type CampaignOptions } from "./campaign";

const given = (name: string, usual: number): number => Number(process.env[name] ?? usual);
/**
 * `npm run test:kill` sets KILL_LONG. The usual one kills the server once: on a busy machine two restarts took more than half
 * of its time, and a run in which most requests find no server proves nothing.
 */
const usual =
  process.env.KILL_LONG === undefined
    ? { items: 220, seconds: 16, worker: 3, server: 1, postgres: 2, drain: 50 }
    : { items: 3400, seconds: 270, worker: 36, server: 18, postgres: 18, drain: 90 };
const options: CampaignOptions = {
  // The long one goes elsewhere each time, and says where.
  seed: given("KILL_SEED", process.env.KILL_LONG === undefined ? 20_261_124 : Date.now() % 1_000_000_007),
  items: given("KILL_ITEMS", usual.items),
  overMs: given("KILL_SECONDS", usual.seconds) * 1000,
  kills: {
    worker: given("KILL_WORKERS", usual.worker),
    server: given("KILL_SERVERS", usual.server),
    postgres: given("KILL_POSTGRES", usual.postgres),
  },
  drainMs: usual.drain * 1000,
};

test(
  "workers, the server and PostgreSQL are killed at random under load: each accepted run ends exactly once",
  async () => {
    const report = await runCampaign(options);
    process.stdout.write(`${describeReport(report)}\n`);
    const { evidence, serverOutput, violations } = report;
    if (process.env.KILL_EVIDENCE !== undefined) writeFileSync(process.env.KILL_EVIDENCE, JSON.stringify({ evidence, serverOutput }));
    expect({ void: report.void, violations }, `seed ${report.seed}\n${serverOutput.slice(-4000)}`).toEqual({ void: [], violations: [] });
  },
  options.overMs * 3 + options.drainMs + 120_000,
);
