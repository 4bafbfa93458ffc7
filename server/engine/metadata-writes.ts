import { limits } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/status";
import { applyOperations, progressOf } from "@/lib/metadata";
import type { Query } from "../db/database";
import { groupCommit } from "../db/group-commit";
import { decodeText, encodeText } from "../db/text";
import { eventOf, publish, type Engine } from "./engine";
import { EngineError } from "./error";
import type { MetadataChange } from "./loops";
import { runColumns, type StoredRun } from "./run-row";

type Json = Record<string, unknown>;

/** Metadata may still be changed for this long after the end. */
const afterEndMs = 3_600_000;

interface Held {
  run: StoredRun;
  metadata: Json;
  operations: number;
  newestKey: string | undefined;
  changed: boolean;
}

const lockSql = `
select ${runColumns}, d.metadata as stored_metadata, d.metadata_operations from run_data d join run on run.id = d.run_id
 where d.run_id = any($1) and run.env_id = $2 order by d.run_id for update of d`;

const writeSql = `
with i as materialized (
  select * from json_to_recordset($1::json) as i(id text, metadata text, operations int, progress_value real, progress_label text)
),
d as (
  update run_data set metadata = i.metadata, metadata_operations = i.operations,
                      metadata_at_attempt = case when run.attempt = 0 then i.metadata else metadata_at_attempt end
    from i join run on run.id = i.id where run_id = i.id
),
r as (
  update run set version = run.version + 1, updated_at = now(), progress_value = i.progress_value, progress_label = i.progress_label
    from i where run.id = i.id returning ${runColumns}
),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'metadata' from r)
select * from r`;

/** The write loop of metadata: changes of many runs are applied to the locked rows in one transaction. */
export function createMetadataWrites(engine: Engine) {
  return groupCommit<MetadataChange, Json>({
    writer: engine.db.writer(),
    async run(writer, changes) {
      const done = await writer.transaction((query) => applyAll(query, engine.env.id, changes));
      publish(engine, done.runs, (run) => [eventOf(run, "metadata")]);
      const foreign = new Set(changes.filter((change) => change.own === undefined).map((change) => change.runId));
      for (const run of done.runs) {
        const live = engine.live.get(run.id);
        if (live !== undefined && foreign.has(run.id)) engine.executor?.pushMetadata(run.id, live.epoch, JSON.stringify(done.held.get(run.id)?.metadata ?? {}));
      }
      return done.results;
    },
  });
}

async function applyAll(query: Query, envId: string, changes: readonly MetadataChange[]): Promise<{ results: (Json | Error)[]; runs: StoredRun[]; held: Map<string, Held> }> {
  const rows = await query<StoredRun & { stored_metadata: string | null; metadata_operations: number }>(lockSql, [[...new Set(changes.map((change) => change.runId))], envId]);
  const held = new Map<string, Held>(
    rows.map((row) => [row.id, { run: row, metadata: row.stored_metadata === null ? {} : parseObject(row.stored_metadata), operations: row.metadata_operations, newestKey: undefined, changed: false }]),
  );
  const results = changes.map((change) => applyOne(held.get(change.runId), change));
  const changed = [...held.values()].filter((entry) => entry.changed);
  if (changed.length === 0) return { results, runs: [], held };
  const input = changed.map((entry) => {
    const progress = progressOf(entry.metadata, entry.newestKey);
    return {
      id: entry.run.id,
      metadata: encodeText(JSON.stringify(entry.metadata)),
      operations: entry.operations,
      progress_value: progress?.value ?? null,
      progress_label: progress?.label === undefined ? null : encodeText(progress.label),
    };
  });
  return { results, runs: await query<StoredRun>(writeSql, [JSON.stringify(input)]), held };
}

function applyOne(entry: Held | undefined, change: MetadataChange): Json | Error {
  if (entry === undefined) return new EngineError(404, `Run ${change.runId} not found.`);
  const { run } = entry;
  let operations = change.operations;
  if (change.own !== undefined) {
    if (run.epoch !== change.own.epoch || isFinal(run.status)) return entry.metadata;
    operations = operations.slice(Math.max(0, entry.operations - change.own.first));
    entry.operations += operations.length;
  } else if (run.finished_at !== null && Date.now() - Date.parse(run.finished_at) > afterEndMs) {
    return new EngineError(422, "The run ended more than an hour ago; its metadata can no longer be changed.");
  }
  if (operations.length === 0) return entry.metadata;
  const next = applyOperations(entry.metadata, operations);
  if (Buffer.byteLength(JSON.stringify(next)) > limits.metadataBytes) {
    return new EngineError(413, `The run's metadata would be larger than ${limits.metadataBytes / 1024} KB; nothing was changed.`);
  }
  entry.metadata = next;
  entry.changed = true;
  const last = operations.at(-1);
  if (last !== undefined && "key" in last && !last.key.startsWith("$")) entry.newestKey = last.key;
  return next;
}

function parseObject(stored: string): Json {
  const value: unknown = JSON.parse(decodeText(stored));
  return typeof value === "object" && value !== null ? { ...value } : {};
}
