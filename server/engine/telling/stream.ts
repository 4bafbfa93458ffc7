import type { Engine } from "../engine";
import type { ChunkAppend } from "../loops";
import { checkKey } from "../triggering/prepare-run";

/** Appends to a stream of a run; chunks that this writer has written before, by its own count, are skipped. 404: no such run. */
export async function appendChunks(engine: Engine, append: ChunkAppend): Promise<{ next: number }> {
  checkKey(append.key, "key");
  checkKey(append.writer, "writer");
  return engine.progress.chunks.submit(append);
}

/** The writer's own number of its last chunk; −1 when it has written none. */
export async function lastChunkIndex(engine: Engine, of: { runId: string; key: string; writer: string }): Promise<number> {
  const [row] = await engine.db.query<{ last: number | null }>(
    "select max(c.writer_index) as last from stream_chunk c join run on run.id = c.run_id where c.run_id = $1 and c.key = $2 and c.writer = $3 and run.env_id = $4",
    [of.runId, of.key, of.writer, engine.env.id],
  );
  return row?.last ?? -1;
}
