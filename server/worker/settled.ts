import { setTimeout as sleep } from "node:timers/promises";

/** Rejections are told after the turn in which they happen, and timers that hold nothing open are not seen: this much is always waited. */
const leastMs = 50;
/** A connection that is refused or a file that is missing is told within this. Pools and intervals of modules never end: they are not waited for longer. */
const mostMs = 1_000;
const lookMs = 10;

/** True when nothing keeps the event loop open that did not at the time of this call. */
export function watchActivity(): () => boolean {
  const before = openResources();
  return () => [...openResources()].every(([kind, count]) => count <= (before.get(kind) ?? 0));
}

/** By kind: a file that loading still had open at first and has closed since must not make up for a timer. */
function openResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Resolves when what the modules have begun has had its time to fail. */
export async function settled(isQuiet: () => boolean): Promise<void> {
  const begun = performance.now();
  const waited = () => performance.now() - begun;
  // Between two looks no timer of ours is open.
  while (waited() < leastMs || (!isQuiet() && waited() < mostMs)) await sleep(lookMs);
}
