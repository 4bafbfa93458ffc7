import type { RunDetail } from "@/lib/contracts/run";
import type { MachinePreset } from "@/lib/contracts/task";
import type { ReplayBody } from "@/lib/contracts/trigger";
import { retype } from "@/lib/values/retype";

export interface ReplayFields {
  tags: readonly string[];
  queue: string;
  delay: string;
  maxAttempts: string;
  priority: string;
  machine: string;
}

/** Body of the replay: only what differs, so that the rest stays exactly as it was. */
export function replayChanges({
  run,
  fields,
  payload,
}: {
  run: Pick<RunDetail, "tags" | "payload" | "payloadType">;
  fields: ReplayFields;
  payload: { value: unknown } | undefined;
}): ReplayBody {
  const text = (value: string): string | undefined => (value.trim() === "" ? undefined : value.trim());
  const queue = text(fields.queue);
  const delay = text(fields.delay);
  const attempts = text(fields.maxAttempts);
  const priority = text(fields.priority);
  const sameTags = fields.tags.length === run.tags.length && fields.tags.every((tag, index) => tag === run.tags[index]);
  return {
    // An emptied editor means no value; leaving the field out would keep the old one.
    ...(payload !== undefined && editedPayload(run, payload.value ?? null)),
    ...(!sameTags && { tags: [...fields.tags] }),
    ...(queue !== undefined && { queue }),
    ...(delay !== undefined && { delay }),
    ...(attempts !== undefined && { maxAttempts: Number(attempts) }),
    ...(priority !== undefined && { priority: Number(priority) }),
    // The select offers presets only.
    ...(fields.machine !== "" && { machine: fields.machine as MachinePreset }),
  };
}

/** What was a date or a BigInt before stays one, as far as the edit lets it. */
function editedPayload(
  { payload, payloadType }: Pick<RunDetail, "payload" | "payloadType">,
  value: unknown,
): Pick<ReplayBody, "payload" | "payloadType"> {
  const typed = payload !== null && payloadType === "application/super+json" ? retype(payload, value) : undefined;
  return typed === undefined ? { payload: value } : { payload: typed, payloadType };
}
