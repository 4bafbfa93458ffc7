import type { MetadataOperation } from "@/lib/contracts/run";
import type { MetadataBody } from "@/lib/contracts/trigger";
import type { Engine } from "../engine";
import { EngineError } from "../error";

/** Changes a run's metadata from outside, and its parent's or root's as asked. Answers the run's metadata after it. */
export async function updateMetadata(engine: Engine, runId: string, body: MetadataBody): Promise<{ metadata: Record<string, unknown> }> {
  const operations: MetadataOperation[] = [
    ...(body.metadata === undefined ? [] : [{ type: "update" as const, value: body.metadata }]),
    ...(body.operations ?? []),
  ];
  const [run] = await engine.db.query<{ parent_id: string | null; root_id: string | null }>(
    "select parent_id, root_id from run where id = $1 and env_id = $2",
    [runId, engine.env.id],
  );
  if (run === undefined) throw new EngineError(404, `Run ${runId} not found.`);
  const metadata = await engine.progress.metadata.submit({ runId, operations });
  if (body.parentOperations !== undefined)
    await engine.progress.metadata.submit({ runId: run.parent_id ?? runId, operations: body.parentOperations });
  if (body.rootOperations !== undefined)
    await engine.progress.metadata.submit({ runId: run.root_id ?? runId, operations: body.rootOperations });
  return { metadata };
}
