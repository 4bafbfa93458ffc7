import { limits } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/status";
import { applyOperations, progressOf } from "@/lib/values/metadata";
import { CommitUnknown, untilKnown, type Query, type Writer } from "../../db/database";
import { groupCommit } from "../../db/group-commit";
import { decodeText, encodeText } from "../../db/text";
import { eventOf, publish, type Engine } from "../engine";
import { EngineError } from "../error";
import type { MetadataChange, MetadataCount } from "../loops";
import { runColumns, type StoredRun } from "../run-row";

type Json = Record<string, unknown>;

interface Held {
  run: StoredRun;
  /** It ended more than an hour ago. */
  isClosed: boolean;
  metadata: Json;
  counts: Record<MetadataCount, number>;
  counted: boolean;
  newestKey: string | undefined;
  changed: boolean;
}

/** Runs before their data, in order of id, as everywhere; the data is read by the next statement, which sees what others wrote before. */
const lockSql = "select id from run where id = any($1) and env_id = $2 order by id for no key update";
const heldSql = `
select ${runColumns}, run.finished_at < now() - interval '1 hour' as is_closed, d.metadata as stored_metadata, json_build_object('own', d.metadata_operations, 'parent', d.parent_operations, 'root', d.root_operations) as counts
  from run_data d join run on run.id = d.run_id
 where d.run_id = any($1) and run.env_id = $2 order by d.run_id`;

/** A run whose process changes its parent's metadata has a new count and no new metadata: that makes no event. */
const writeSql = `
with i as materialized (
  select * from json_to_recordset($1::json) as i(id text, changed boolean, metadata text, own int, parent int, root int, progress_value real, progress_label text)
),
d as (
  update run_data set metadata = case when i.changed then i.metadata else run_data.metadata end,
                      metadata_operations = i.own, parent_operations = i.parent, root_operations = i.root,
                      metadata_at_attempt = case when i.changed and run.attempt = 0 then i.metadata else metadata_at_attempt end
    from i join run on run.id = i.id where run_id = i.id
),
r as (
  update run set version = run.version + 1, updated_at = now(), progress_value = i.progress_value, progress_label = i.progress_label
    from i where run.id = i.id and i.changed returning ${runColumns}
),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'metadata' from r)
select * from r`;

/** The write loop of metadata: changes of many runs are applied to the locked rows in one transaction. */
export function createMetadataWrites(engine: Engine) {
  async function apply(writer: Writer, changes: readonly MetadataChange[]): Promise<(Json | Error)[]> {
    const done = await writer.transaction((query) => applyAll(query, engine.env.id, changes));
    publish(engine, done.runs, (run) => [eventOf(run, "metadata")]);
    const foreign = new Set(changes.filter((change) => change.from?.runId !== change.runId).map((change) => change.runId));
    for (const run of done.runs) {
      const live = engine.live.get(run.id);
      if (live !== undefined && foreign.has(run.id))
        engine.executor?.pushMetadata(run.id, live.epoch, JSON.stringify(done.held.get(run.id)?.metadata ?? {}));
    }
    return done.results;
  }

  return groupCommit<MetadataChange, Json>({
    writer: engine.db.writer(),
    // Each reads and writes the whole metadata of a run, a quarter of a megabyte at most.
    maxBatch: 64,
    async run(writer, changes) {
      try {
        return await apply(writer, changes);
      } catch (error) {
        if (!(error instanceof CommitUnknown)) throw error;
        // What a run says is numbered, so saying it again is safe; who else asked must look what became of it.
        const numbered = changes.filter((change) => change.from !== undefined);
        const results = numbered.length === 0 ? [] : await untilKnown(() => apply(writer, numbered));
        return changes.map((change) => results[numbered.indexOf(change)] ?? error);
      }
    },
  });
}

async function applyAll(
  query: Query,
  envId: string,
  changes: readonly MetadataChange[],
): Promise<{ results: (Json | Error)[]; runs: StoredRun[]; held: Map<string, Held> }> {
  const ids = new Set(changes.flatMap((change) => (change.from === undefined ? [change.runId] : [change.runId, change.from.runId])));
  await query(lockSql, [[...ids], envId]);
  const rows = await query<StoredRun & { is_closed: boolean | null; stored_metadata: string | null; counts: Held["counts"] }>(heldSql, [
    [...ids],
    envId,
  ]);
  const held = new Map<string, Held>(
    rows.map((row) => [
      row.id,
      {
        run: row,
        isClosed: row.is_closed === true,
        metadata: row.stored_metadata === null ? {} : parseObject(row.stored_metadata),
        counts: row.counts,
        counted: false,
        newestKey: undefined,
        changed: false,
      },
    ]),
  );
  const results = changes.map((change) => applyOne(held, change));
  const written = [...held.values()].filter((entry) => entry.changed || entry.counted);
  if (written.length === 0) return { results, runs: [], held };
  const input = written.map((entry) => {
    const { id } = entry.run;
    if (!entry.changed) return { id, changed: false, ...entry.counts };
    const progress = progressOf(entry.metadata, entry.newestKey);
    return {
      id,
      changed: true,
      ...entry.counts,
      metadata: encodeText(JSON.stringify(entry.metadata)),
      progress_value: progress?.value ?? null,
      progress_label: progress?.label === undefined ? null : encodeText(progress.label),
    };
  });
  return { results, runs: await query<StoredRun>(writeSql, [JSON.stringify(input)]), held };
}

function applyOne(held: ReadonlyMap<string, Held>, change: MetadataChange): Json | Error {
  const entry = held.get(change.runId);
  if (entry === undefined) return new EngineError(404, `Run ${change.runId} not found.`);
  let operations = change.operations;
  if (change.from !== undefined) {
    const { runId, epoch, count, first } = change.from;
    const teller = held.get(runId);
    // A cancelled run is heard until its process lets it go: its hooks tell what they have cleaned up.
    if (teller?.run.epoch !== epoch || (isFinal(teller.run.status) && teller.run.status !== "CANCELED")) return entry.metadata;
    operations = operations.slice(Math.max(0, teller.counts[count] - first));
    // What is refused below counts too: it is not tried again when the run is resumed.
    teller.counts[count] = Math.max(teller.counts[count], first + change.operations.length);
    teller.counted = true;
  }
  if (entry.isClosed) {
    return new EngineError(422, "The run ended more than an hour ago; its metadata can no longer be changed.");
  }
  if (operations.length === 0) return entry.metadata;
  let next: Json;
  let bytes: number;
  try {
    next = applyOperations(entry.metadata, operations);
    bytes = Buffer.byteLength(JSON.stringify(next));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new EngineError(422, "The metadata is nested too deeply; nothing was changed.");
  }
  if (bytes > limits.metadataBytes) {
    return new EngineError(
      413,
      `The metadata of run ${change.runId} would be ${Math.ceil(bytes / 1024)} KB, and ${limits.metadataBytes / 1024} KB is the most; nothing of it was changed.`,
    );
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
