import type { StreamChunk } from "@/lib/contracts/run";
import { untilKnown, type Query } from "../../db/database";
import { groupCommit } from "../../db/group-commit";
import { encodeText } from "../../db/text";
import { eventOf, publish, type Engine } from "../engine";
import { EngineError } from "../error";
import type { ChunkAppend } from "../loops";
import { runColumns, type StoredRun } from "../run-row";
import { lockInputs, settleInputs } from "../waiting/input";
import { resumeRuns } from "../waiting/resume";

const lockSql = `
with i as (select distinct run_id, key from json_to_recordset($1::json) as i(run_id text, key text)),
n as (insert into stream (run_id, key) select run_id, key from i join run on run.id = i.run_id where run.env_id = $2 on conflict do nothing returning run_id, key)
select run_id, key, 0 as next_index, true as is_new from n`;
const existingSql = `
select s.run_id, s.key, s.next_index, false as is_new from stream s
  join (select distinct run_id, key from json_to_recordset($1::json) as i(run_id text, key text)) i on i.run_id = s.run_id and i.key = s.key
 order by s.run_id, s.key for update of s`;
const writersSql = `
select c.run_id, c.key, c.writer, max(c.writer_index) as last from stream_chunk c
  join (select distinct run_id, key, writer from json_to_recordset($1::json) as i(run_id text, key text, writer text)) i
    on i.run_id = c.run_id and i.key = c.key and i.writer = c.writer
 group by 1, 2, 3`;
const insertSql = `
with i as (select * from json_to_recordset($1::json) as i(run_id text, key text, index int, writer text, writer_index int, chunk text)),
c as (insert into stream_chunk (run_id, key, index, writer, writer_index, chunk) select run_id, key, index, writer, writer_index, chunk from i returning run_id, key, index, at),
s as (update stream set next_index = m.next from (select run_id, key, max(index) + 1 as next from i group by 1, 2) m where stream.run_id = m.run_id and stream.key = m.key)
select * from c`;
const announceSql = `
with r as (update run set version = version + 1, updated_at = now() where id = any($1) returning ${runColumns}),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'streamed' from r)
select * from r`;

interface Locked {
  run_id: string;
  key: string;
  next_index: number;
  is_new: boolean;
}

/** The write loop of stream chunks. A stream's first chunk is also an event of its run, so that subscribers learn of the stream. */
export function createChunkWrites(engine: Engine) {
  return groupCommit<ChunkAppend, { next: number }>({
    writer: engine.db.writer(),
    sizeOf: ({ chunks }) => chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    async run(writer, appends) {
      // Chunks that are there already are known by their writer's number.
      const done = await untilKnown(() => writer.transaction((query) => append(query, engine.env.id, appends)));
      publish(engine, done.announced, (run) => [eventOf(run, "streamed")]);
      engine.feed.emit("chunks", done.chunks);
      if (done.woken.length > 0) void resumeRuns(engine, done.woken);
      return done.results;
    },
  });
}

interface Done {
  results: ({ next: number } | Error)[];
  chunks: StreamChunk[];
  announced: StoredRun[];
  /** Runs that waited for what came. */
  woken: string[];
}

async function append(query: Query, envId: string, appends: readonly ChunkAppend[]): Promise<Done> {
  await lockInputs(query, appends);
  const keys = JSON.stringify(appends.map(({ runId, key, writer }) => ({ run_id: runId, key, writer })));
  const fresh = await query<Locked>(lockSql, [keys, envId]);
  const streams = new Map((await query<Locked>(existingSql, [keys])).map((row) => [`${row.run_id}\n${row.key}`, row]));
  const lasts = new Map(
    (await query<{ run_id: string; key: string; writer: string; last: number }>(writersSql, [keys])).map((row) => [
      `${row.run_id}\n${row.key}\n${row.writer}`,
      row.last,
    ]),
  );
  const rows: { run_id: string; key: string; index: number; writer: string; writer_index: number; chunk: string; text: string }[] = [];
  const results = appends.map((item) => {
    const stream = streams.get(`${item.runId}\n${item.key}`);
    if (stream === undefined) return new EngineError(404, `Run ${item.runId} not found.`);
    const writerId = `${item.runId}\n${item.key}\n${item.writer}`;
    for (const [offset, text] of item.chunks.entries()) {
      const writerIndex = item.first + offset;
      if (writerIndex <= (lasts.get(writerId) ?? -1)) continue;
      lasts.set(writerId, writerIndex);
      rows.push({
        run_id: item.runId,
        key: item.key,
        index: stream.next_index,
        writer: item.writer,
        writer_index: writerIndex,
        chunk: encodeText(text),
        text,
      });
      stream.next_index += 1;
    }
    return { next: stream.next_index };
  });
  const texts = new Map(rows.map((row) => [`${row.run_id}\n${row.key}\n${row.index}`, row.text]));
  const stored =
    rows.length === 0
      ? []
      : await query<{ run_id: string; key: string; index: number; at: string }>(insertSql, [
          JSON.stringify(rows.map(({ text: _text, ...row }) => row)),
        ]);
  const chunks = stored
    .map((row) => ({
      runId: row.run_id,
      key: row.key,
      index: row.index,
      at: row.at,
      chunk: texts.get(`${row.run_id}\n${row.key}\n${row.index}`) ?? "",
    }))
    .toSorted((a, b) => a.index - b.index);
  const announced = fresh.length === 0 ? [] : await query<StoredRun>(announceSql, [[...new Set(fresh.map((row) => row.run_id))]]);
  const woken = await settleInputs(query, rows);
  return { results, chunks, announced, woken };
}
