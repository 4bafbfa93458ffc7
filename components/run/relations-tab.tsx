"use client";
import { useRow } from "@/components/live/hooks";
import { Ago, Took } from "@/components/live/time";
import { StatusBadge } from "@/components/runs/status";
import { limits } from "@/lib/contracts/limits";
import type { RunRow } from "@/lib/contracts/run";
import { formatCount } from "@/lib/view/format";
import type { RunData } from "./use-run";
import { OthersText } from "@/components/ui/others-text";
import { Link } from "@/components/ui/link";

/** What made this run, and what it made; statuses are live. */
export function RelationsTab({ data }: { data: RunData }) {
  const { detail: run, relations } = data;
  const parent = relations.find((row) => row.id === run.parentId);
  const root = run.rootId === run.parentId ? undefined : relations.find((row) => row.id === run.rootId && row.id !== run.id);
  const children = relations.filter((row) => row.parentId === run.id).toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  if (!parent && !root && children.length === 0 && run.scheduleId === undefined)
    return <p className="text-faint">This run was triggered from outside and has triggered no other run.</p>;
  return (
    <div className="flex flex-col gap-4">
      {root ? <Group title="Root" rows={[root]} /> : null}
      {parent ? <Group title="Parent" rows={[parent]} /> : null}
      {children.length === 0 ? null : (
        <Group title={childrenTitle(children.length, data)} rows={children} more={children.length > 20 ? run.id : undefined} />
      )}
      {run.batchId === undefined ? null : (
        <Link prefetch={false} href={`/runs?batch=${encodeURIComponent(run.batchId)}`} className="text-accent hover:underline">
          All runs of batch {run.batchId}
        </Link>
      )}
      {run.scheduleId === undefined ? null : (
        <Link prefetch={false} href={`/schedules?task=${encodeURIComponent(run.task)}`} className="text-accent hover:underline">
          Made by schedule {run.scheduleId}
        </Link>
      )}
    </div>
  );
}

function childrenTitle(listed: number, { children }: RunData): string {
  const total = children.reduce((sum, count) => sum + count.total, 0);
  if (total <= listed) return `Children (${formatCount(listed)})`;
  return `Children (${total > limits.countedChildren ? `more than ${formatCount(limits.countedChildren)}` : formatCount(total)}, the newest ${formatCount(listed)} here)`;
}

function Group({ title, rows, more }: { title: string; rows: readonly RunRow[]; more?: string | undefined }) {
  return (
    <section>
      <div className="mb-1 flex items-center">
        <h3 className="flex-1 text-sm text-faint">{title}</h3>
        {more === undefined ? null : (
          <Link prefetch={false} href={`/runs?parent=${encodeURIComponent(more)}`} className="text-sm text-accent hover:underline">
            Open as list
          </Link>
        )}
      </div>
      <ul className="rounded border border-line">
        {rows.map((row) => (
          <Line key={row.id} row={row} />
        ))}
      </ul>
    </section>
  );
}

function Line({ row: given }: { row: RunRow }) {
  const row = useRow(given);
  return (
    <li className="border-b border-line last:border-0">
      <Link href={`/runs/${row.id}`} prefetch={false} className="flex h-9 items-center gap-3 px-3 hover:bg-hover">
        <StatusBadge run={row} className="w-32 shrink-0" />
        <OthersText text={row.task} className="min-w-0 flex-1 truncate font-medium" />
        <Ago at={row.createdAt} className="hidden shrink-0 text-sm text-faint sm:inline" />
        <span className="min-w-16 shrink-0 text-right font-mono text-sm whitespace-nowrap text-muted">
          {row.startedAt ? <Took from={row.startedAt} to={row.finishedAt} /> : "–"}
        </span>
      </Link>
    </li>
  );
}
