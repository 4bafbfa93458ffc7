import { Hono } from "hono";
import { KeyResetBody, RescheduleBody, TagsBody } from "@/lib/contracts/api-bodies";
import { MetadataBody, ReplayBody } from "@/lib/contracts/trigger";
import { cancelRun } from "../../engine/running/cancel-run";
import { updateMetadata } from "../../engine/telling/update-metadata";
import { replayRun } from "../../engine/triggering/replay-run";
import { rescheduleRun } from "../../engine/triggering/reschedule-run";
import { payloadPacket, storedType } from "../../engine/packets";
import { addTags } from "../../engine/telling/add-tags";
import { resetIdempotencyKey } from "../../engine/triggering/trigger";
import { audit } from "../audit";
import { readJson, triggerBytes } from "../body";
import { principalOf, requestKeyOf, type ApiContext, type ApiEnv } from "../context";
import { changesRun, requireRun } from "../find-run";
import { describe } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";
import type { Principal } from "../principal";
import { uploadedContent } from "../trigger-checks";
import { retrieve } from "./runs";

const metadataBytes = 2 * 1024 * 1024;

export function runChangeRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const secret = requires(context, { allow: "key", action: "write", wants: changesRun(context) });
  const again = requires(context, { allow: "key", action: "write", fromRuns: true, wants: changesRun(context) });

  for (const path of ["/api/v2/runs/:runId/cancel", "/api/v1/runs/:runId/cancel"]) {
    app.post(path, requires(context, { allow: "scope", action: "write", fromRuns: true, wants: changesRun(context) }), async (c) => {
      const run = await requireRun(context, c);
      const principal = principalOf(c);
      const { id, alreadyFinished } = await cancelRun(engine, run.id, { by: describe(principal) });
      if (!alreadyFinished) await audit(context, { actor: principal, action: "run.cancel", target: id });
      return c.json({ id });
    });
  }

  app.post("/api/v1/runs/:runId/replay", again, async (c) => {
    const run = await requireRun(context, c);
    const principal = principalOf(c);
    const body = await withUploadedPayload(context, principal, await readJson(c, ReplayBody.prefault({}), triggerBytes));
    const { id } = await replayRun(engine, run.id, { body, by: describe(principal), ...requestKeyOf(c) });
    await audit(context, { actor: principal, action: "run.replay", target: run.id, detail: id });
    return c.json({ id });
  });

  app.post("/api/v1/runs/:runId/reschedule", again, async (c) => {
    const run = await requireRun(context, c);
    const { delay } = await readJson(c, RescheduleBody);
    await rescheduleRun(engine, run.id, delay);
    await audit(context, { actor: principalOf(c), action: "run.reschedule", target: run.id });
    return c.json(await retrieve(context, c));
  });

  app.post("/api/v1/runs/:runId/tags", secret, async (c) => {
    const run = await requireRun(context, c);
    const { tags } = await readJson(c, TagsBody);
    await addTags(engine, run.id, tags);
    return c.json({ message: tags.length === 0 ? "No new tags to add" : `Successfully set ${tags.length} new tags.` });
  });

  app.put("/api/v1/runs/:runId/metadata", secret, async (c) => {
    const run = await requireRun(context, c);
    return c.json(await updateMetadata(engine, run.id, await readJson(c, MetadataBody, metadataBytes)));
  });

  app.post(
    "/api/v1/idempotencyKeys/:key/reset",
    requires(context, { allow: "scope", action: "write", fromRuns: true, wants: () => ({ resources: [{ type: "runs" }] }) }),
    async (c) => {
      const key = c.req.param("key");
      const { taskIdentifier } = await readJson(c, KeyResetBody);
      if (!(await resetIdempotencyKey(engine, taskIdentifier, key)))
        throw notFound(`Idempotency key of task ${taskIdentifier.slice(0, 64)}`);
      await audit(context, { actor: principalOf(c), action: "idempotency-key.reset", target: taskIdentifier, detail: key.slice(0, 64) });
      return c.json({ id: key });
    },
  );

  return app;
}

async function withUploadedPayload(context: ApiContext, principal: Principal, body: ReplayBody): Promise<ReplayBody> {
  if (body.payloadType !== storedType) return body;
  const { data, dataType } = await uploadedContent(context, principal, payloadPacket(body.payload, storedType));
  return { ...body, payload: data, payloadType: dataType };
}
