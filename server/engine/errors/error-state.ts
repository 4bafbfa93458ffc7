import type { ErrorIgnoreBody } from "@/lib/contracts/error-group";
import { encodeText } from "../../db/text";
import type { Engine } from "../engine";
import { EngineError } from "../error";

const cleared =
  "resolved_version = null, resolved_after = null, ignored_until = null, ignored_count = null, ignored_rate = null, ignored_reason = null, changed_by = $3, changed_at = now()";

/**
 * It is fixed. Seen in a version that was deployed after the one in which it was last seen, it comes back as regressed; with `version`,
 * seen in that one or a later one. Runs that still go on in older versions change nothing.
 */
export async function resolveError(
  engine: Engine,
  id: string,
  { by, version }: { by: string; version?: string | undefined },
): Promise<void> {
  const envId = engine.env.id;
  const rows = await engine.db.query(
    `update error_group g set ${cleared.replace("resolved_version = null, resolved_after = null", "resolved_version = $4")}, status = 'resolved',
            resolved_after = coalesce((select created_at - interval '1 ms' from deployment where env_id = $1 and version = $4),
                                      (select created_at from deployment where env_id = $1 and version = g.last_version), now())
      where env_id = $1 and id = $2 returning id`,
    [envId, id, by, version ?? null],
  );
  told(engine, id, rows);
}

/** Not worth a look until something says otherwise. */
export async function ignoreError(engine: Engine, id: string, { by, until }: { by: string; until: ErrorIgnoreBody }): Promise<void> {
  const rows = await engine.db.query(
    `update error_group set ${cleared.replace("ignored_until = null, ignored_count = null, ignored_rate = null, ignored_reason = null", "ignored_until = now() + $4 * interval '1 ms', ignored_count = count + $5, ignored_rate = $6, ignored_reason = $7")}, status = 'ignored'
      where env_id = $1 and id = $2 returning id`,
    [
      engine.env.id,
      id,
      by,
      until.duration ?? null,
      until.totalOccurrences ?? null,
      until.occurrenceRate === undefined ? null : Math.floor(until.occurrenceRate),
      until.reason === undefined || until.reason === "" ? null : encodeText(until.reason),
    ],
  );
  told(engine, id, rows);
}

export async function reopenError(engine: Engine, id: string, { by }: { by: string }): Promise<void> {
  const rows = await engine.db.query(`update error_group set ${cleared}, status = 'open' where env_id = $1 and id = $2 returning id`, [
    engine.env.id,
    id,
    by,
  ]);
  told(engine, id, rows);
}

function told(engine: Engine, id: string, rows: readonly unknown[]): void {
  if (rows.length === 0) throw new EngineError(404, `Error ${id.slice(0, 64)} not found.`);
  engine.feed.emit("news", ["errors"]);
}
