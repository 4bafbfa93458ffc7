import type { RunDetail } from "@/lib/contracts/run";
import type { MachinePreset } from "@/lib/contracts/task";
import type { ReplayBody } from "@/lib/contracts/trigger";

export interface ReplayFields {
  tags: readonly string[];
  queue: string;
  delay: string;
  maxAttempts: string;
  priority: string;
  machine: string;
}

/** Body of the replay: only what differs, so that the rest stays exactly as it was. */
export function replayChanges({ run, fields, payload }: { run: Pick<RunDetail, "tags">; fields: ReplayFields; payload: { value: unknown } | undefined }): ReplayBody {
  const text = (value: string): string | undefined => (value.trim() === "" ? undefined : value.trim());
  const queue = text(fields.queue);
  const delay = text(fields.delay);
  const attempts = text(fields.maxAttempts);
  const priority = text(fields.priority);
  const sameTags = fields.tags.length === run.tags.length && fields.tags.every((tag, index) => tag === run.tags[index]);
  return {
    // An emptied editor means no value; leaving the field out would keep the old one.
    ...(payload !== undefined && { payload: payload.value ?? null }),
    ...(!sameTags && { tags: [...fields.tags] }),
    ...(queue !== undefined && { queue }),
    ...(delay !== undefined && { delay }),
    ...(attempts !== undefined && { maxAttempts: Number(attempts) }),
    ...(priority !== undefined && { priority: Number(priority) }),
    // The select offers presets only.
    ...(fields.machine !== "" && { machine: fields.machine as MachinePreset }),
  };
}
