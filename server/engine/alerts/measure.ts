import type { AlertCondition, AlertPreview } from "@/lib/contracts/alerts";
import { limits } from "@/lib/contracts/limits";
import type { Database } from "../../db/database";
import { bucketOfSql } from "../running/end-stats";
import { startWaitSql } from "../reads/queue-loads";
import { isBeyond, slide, Window, type Cell } from "./sliding";

const minuteMs = 60_000;
const dayMs = 86_400_000;
const previewDays = 30;
const previewStep = 5;
/** Points of a preview at most. */
const previewPoints = 360;

const countersSql = `
select floor((extract(epoch from minute)::float8 * 1000 - $2::float8) / $3::float8)::int as slot, status, bucket, sum(count)::int as n
  from run_stat
 where env_id = $1 and minute >= to_timestamp($2::float8 / 1000) and ($4::text[] is null or task = any($4)) and ($5::text[] is null or queue = any($5))
 group by 1, 2, 3`;

/** Of the newest runs that started, made a day before at most. */
const waitsSql = `
with newest as materialized (
  select queued_at, created_at, delay_until, started_at from run
   where env_id = $1 and created_at >= to_timestamp($2::float8 / 1000) - interval '1 day' and started_at >= to_timestamp($2::float8 / 1000)
     and ($4::text[] is null or task = any($4)) and ($5::text[] is null or queue = any($5))
   order by created_at desc, id desc limit $6
), started as (
  select floor((extract(epoch from started_at)::float8 * 1000 - $2::float8) / $3::float8)::int as slot, greatest(0, ${startWaitSql}) as ms from newest
)
select slot, 'started' as status, ${bucketOfSql("ms")} as bucket, count(*)::int as n, (select count(*) = $6 from newest) as is_part from started group by 1, 3`;

const listed = (names: readonly string[]) => (names.length === 0 ? null : names);

/** What was counted from `fromMs` on, in parts of `stepMs`. */
async function readCells(
  db: Database,
  envId: string,
  condition: AlertCondition,
  { fromMs, stepMs }: { fromMs: number; stepMs: number },
): Promise<{ cells: Cell[]; isPart: boolean }> {
  const params = [envId, fromMs, stepMs, listed(condition.task), listed(condition.queue)];
  if (condition.measure !== "wait") return { cells: await db.lists<Cell>(countersSql, params), isPart: false };
  const cells = await db.lists<Cell & { is_part: boolean }>(waitsSql, [...params, limits.measuredRuns]);
  return { cells, isPart: cells[0]?.is_part ?? false };
}

/** The measure now: over the window's whole minutes and the present one. */
export async function measure(db: Database, envId: string, condition: AlertCondition, now: Date): Promise<number | null> {
  const fromMs = Math.floor(now.getTime() / minuteMs - condition.windowMinutes) * minuteMs;
  const { cells } = await readCells(db, envId, condition, { fromMs, stepMs: condition.windowMinutes * minuteMs });
  const window = new Window();
  window.add(cells, 1);
  return window.value(condition);
}

/** What the condition would have measured in the last 30 days, looked at every five minutes. */
export async function preview(db: Database, envId: string, condition: AlertCondition, now: Date): Promise<AlertPreview> {
  const stepMs = previewStep * minuteMs;
  const end = (Math.floor(now.getTime() / stepMs) + 1) * stepMs;
  const earliest = end - previewDays * dayMs;
  const { cells, isPart } = await readCells(db, envId, condition, { fromMs: earliest, stepMs });
  // Of before the first run nothing is known: silence then is none.
  const [first] = await db.lists<{ at: string | null }>("select min(minute) as at from run_stat where env_id = $1 and minute >= $2", [
    envId,
    new Date(earliest).toISOString(),
  ]);
  const known = first?.at ?? null;
  if (known === null || cells.length + (condition.measure === "silence" ? 1 : 0) === 0)
    return { stepMinutes: previewStep, points: [], firings: 0, from: known, isPart };
  const skipped = Math.max(0, Math.floor((Date.parse(known) - earliest) / stepMs));
  const slots = Math.round((end - earliest) / stepMs) - skipped;
  const values = slide(
    condition,
    cells.map((cell) => ({ ...cell, slot: cell.slot - skipped })),
    { slots, width: condition.windowMinutes / previewStep },
  );
  let firings = 0;
  let wasFiring = false;
  const looks = values.map(({ slot, value }) => {
    const firing = isBeyond(condition, value);
    if (firing && !wasFiring) firings += 1;
    wasFiring = firing;
    return { at: earliest + (skipped + slot) * stepMs, value, firing };
  });
  const perPoint = Math.max(1, Math.ceil(looks.length / previewPoints));
  const worst = condition.measure === "silence" ? Math.min : Math.max;
  const points = Array.from({ length: Math.ceil(looks.length / perPoint) }, (_, index) => {
    const part = looks.slice(index * perPoint, (index + 1) * perPoint);
    const measured = part.flatMap(({ value }) => value ?? []);
    return {
      at: new Date(part[0]?.at ?? earliest).toISOString(),
      value: measured.length === 0 ? null : worst(...measured),
      firing: part.some(({ firing }) => firing),
    };
  });
  return { stepMinutes: previewStep * perPoint, points, firings, from: known, isPart };
}
