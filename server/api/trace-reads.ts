import { z } from "zod";
import type { RunRow, TraceItem } from "@/lib/contracts/run";
import { EngineError } from "../engine/error";
import { listTrace } from "../engine/reads/run";
import { getRunRows } from "../engine/reads/runs";
import { listWaitedChildren } from "../engine/reads/subtree";
import { allows, readableThrough } from "./authorize";
import type { ApiContext } from "./context";
import type { Principal } from "./principal";
import type { RunTrace, TracePlace } from "./wire/trace";

/** Lines of a trace that are read, over all its runs, and runs. */
const limits = { lines: 20_000, runs: 500 } as const;
const linesAtOnce = 2000;

/** A trace is named after its root, whose id is for those who may read that run. */
export async function traceIdOf({ engine }: ApiContext, principal: Principal, run: RunRow): Promise<string> {
  if (run.rootId === undefined) return run.id;
  const [root] = await getRunRows(engine.db, engine.env.id, [run.rootId]);
  return root !== undefined && allows(principal, { action: "read", resources: readableThrough(root) }) ? root.id : run.id;
}

export async function linesOf({ engine }: ApiContext, runId: string, most: number = limits.lines): Promise<TraceItem[]> {
  const items: TraceItem[] = [];
  for (let after = 0; items.length < most;) {
    const page = await listTrace(engine.db, runId, after, Math.min(linesAtOnce, most - items.length));
    items.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < linesAtOnce) break;
    after = last.seq;
  }
  return items;
}

/** A run's trace, and those of its descendants that were waited for and may be read, as far as the limits go. Children triggered without a wait go their own way. */
export async function subtreeOf(
  context: ApiContext,
  principal: Principal,
  run: RunRow,
): Promise<{ traces: RunTrace[]; truncated: boolean }> {
  const { engine } = context;
  const runs = [run];
  for (let level = [run]; level.length > 0 && runs.length <= limits.runs;) {
    const children = await listWaitedChildren(
      engine.db,
      engine.env.id,
      level.map(({ id }) => id),
      limits.runs + 1 - runs.length,
    );
    level = children.filter((child) => allows(principal, { action: "read", resources: readableThrough(child) }));
    runs.push(...level);
  }
  const traces: RunTrace[] = [];
  let left: number = limits.lines;
  for (const one of runs.slice(0, limits.runs)) {
    if (left <= 0) break;
    const items = await linesOf(context, one.id, left);
    left -= items.length;
    traces.push({ run: one, items });
  }
  return { traces, truncated: left <= 0 || runs.length > limits.runs };
}

const Place = z.tuple([z.string(), z.number().int()]);
export const placeText = ({ runId, seq }: TracePlace): string => Buffer.from(JSON.stringify([runId, seq])).toString("base64url");

/** The cursor of `page[after]`. */
export function readPlace(text: string | undefined): TracePlace | null {
  if (text === undefined) return null;
  try {
    const [runId, seq] = Place.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
    return { runId, seq };
  } catch {
    throw new EngineError(400, 'The parameter "page[after]" must be the "next" of the page before.', { param: "page[after]" });
  }
}
