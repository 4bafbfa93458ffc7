import type { TraceItem } from "@/lib/contracts/run";
import { groupCommit } from "../../db/group-commit";
import { encodeText } from "../../db/text";
import type { Engine, LiveRun } from "../engine";

const insertSql = `
insert into run_trace (run_id, seq, at, attempt, kind, span_id, parent_id, name, level, started_at, ended_at, is_error, icon, attributes)
select run_id, seq, now(), attempt, kind, span_id, parent_id, name, level, started_at, ended_at, is_error, icon, attributes
  from json_to_recordset($1::json) as i(run_id text, seq int, attempt smallint, kind text, span_id text, parent_id text, name text, level text,
    started_at timestamptz, ended_at timestamptz, is_error boolean, icon text, attributes text)
on conflict do nothing`;

/** Characters of a log line or a name, and of attributes as JSON; workers keep to them. */
const limits = { name: 131_072, attributes: 262_144 } as const;

/**
 * The write loop of spans and logs. Telemetry alone commits asynchronously: a crash of the database may lose the last
 * half second of it, never state.
 */
export function createTraceWrites(engine: Engine) {
  const group = groupCommit<{ item: TraceItem; row: ReturnType<typeof toInput> }, true>({
    writer: engine.db.writer({ asynchronousCommit: true }),
    maxBatch: 2000,
    sizeOf: ({ row }) => row.name.length + (row.attributes?.length ?? 0),
    async run({ query }, items) {
      await query(insertSql, [JSON.stringify(items.map(({ row }) => row))]);
      engine.feed.emit(
        "trace",
        items.map(({ item }) => item),
      );
      return items.map(() => true);
    },
  });
  return {
    submit(live: LiveRun, items: readonly Omit<TraceItem, "runId" | "seq">[]): void {
      for (const item of items) {
        live.traceSeq += 1;
        const line = { ...item, runId: live.id, seq: live.traceSeq };
        group
          .submit({ item: line, row: toInput(line) })
          .catch((error: unknown) => engine.log.warn("trace lines were lost", { run: live.id, error: String(error) }));
      }
    },
    idle: group.idle,
  };
}

/** In the ids of lines that are not the process's own: one that resumes the run does not count them as written by it. */
export const engineMark = ".engine.";

/** A line of the engine's in the log of a run. */
export function tellRun(engine: Engine, live: LiveRun, line: Pick<TraceItem, "name" | "level" | "attributes">): void {
  engine.trace.submit(live, [
    {
      attempt: live.attempt,
      kind: "log",
      spanId: `${live.attempt}${engineMark}${live.traceSeq + 1}`,
      parentId: null,
      at: new Date().toISOString(),
      ...line,
    },
  ]);
}

function toInput(item: TraceItem) {
  return {
    run_id: item.runId,
    seq: item.seq,
    attempt: item.attempt,
    kind: item.kind,
    span_id: item.spanId,
    parent_id: item.parentId,
    name: encodeText(cut(item.name, limits.name)),
    level: item.level ?? null,
    started_at: item.at,
    ended_at: item.endedAt ?? null,
    is_error: item.isError ?? null,
    icon: item.icon ?? null,
    attributes: item.attributes === undefined ? null : encodeText(cut(JSON.stringify(item.attributes), limits.attributes)),
  };
}

const cut = (text: string, length: number) => (text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`);
