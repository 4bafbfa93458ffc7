import { setTimeout as delay } from "node:timers/promises";
import { now } from "../clock";
import { perSecond, type LineHead, type Measured, type Scale } from "../rows/row";
import { batchOf, waitingFor, type ProductSubject } from "./subject";

const parents = "parents with 100 children by batchTriggerAndWait, results";
export const parentLines: LineHead[] = [{ name: parents, unit: "/s", better: "higher" }];
const parentCallers = 8;

/** Each parent is triggered and waited for as the published client does it. */
export async function measureParents(subject: ProductSubject, scale: Scale): Promise<Measured> {
  await subject.prepare("live");
  const { trigger } = await subject.requestsFor("parent");
  // The parent counts its children's results: all of them, or the answer is none.
  const steps = [{ request: waitingFor(trigger, 60), expect: 'completed\\":100' }];
  await subject.runLoad({ steps, callers: parentCallers, ms: 30_000, most: parentCallers });
  const { calls, ms } = await subject.runLoad({ steps, callers: parentCallers, ms: scale(20) * 1_000, most: scale(2_000) });
  return new Map([[parents, { value: perSecond(calls, ms), note: `${calls} parents, ${parentCallers} callers` }]]);
}

export const waitLines: LineHead[] = [{ name: "wait.for, parked and resumed", unit: "/s", better: "higher" }];
const waitMs = 1_000;

/**
 * A queue of runs that wait once. Parking and resuming go on side by side; the wait of the last one to park adds its second
 * to the time of them all, which is taken off.
 */
export async function measureWaits(subject: ProductSubject, scale: Scale): Promise<Measured> {
  await subject.setQueue("sleeper", "pause");
  const count = scale(10) * 1_000;
  await subject.runLoad({ steps: batchOf(await subject.requestsFor("sleeper")), callers: 2, ms: 60_000, most: count / 1_000 });
  const before = await subject.finished("sleeper");
  const from = now();
  await subject.setQueue("sleeper", "resume");
  while ((await subject.finished("sleeper")) - before < count) await delay(50);
  const ms = now() - from - waitMs;
  return new Map([["wait.for, parked and resumed", { value: perSecond(count, ms), note: `${count} runs` }]]);
}
