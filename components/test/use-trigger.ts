"use client";
import { useState } from "react";
import { issuesOf, pathParts, type Issue } from "@/lib/forms/issues";
import { parseJsonText } from "@/lib/values/json-text";
import { checkFields, toOptions, type FieldErrors, type TriggerField, type TriggerFields } from "@/lib/forms/trigger-form";
import { readSchedulePayload } from "@/lib/forms/schedule-payload";
import { send, type Problem } from "../auth/request";

export interface Failure {
  payload: readonly Issue[];
  fields: FieldErrors;
  /** What belongs to no field: unknown task, no connection, no right. */
  general: string | undefined;
}
export const noFailure: Failure = { payload: [], fields: {}, general: undefined };

export interface Trigger {
  busy: boolean;
  failure: Failure;
  setFailure: (failure: Failure) => void;
  /** The id of the new run, or of the one that the idempotency key found; undefined when it was refused. */
  trigger: (input: {
    taskId: string;
    text: string;
    fields: TriggerFields;
    /** Its payload is that of a tick. */ isScheduled?: boolean | undefined;
  }) => Promise<{ id: string; isCached: boolean } | undefined>;
}

export function useTrigger(): Trigger {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>(noFailure);

  return {
    busy,
    failure,
    setFailure,
    async trigger({ taskId, text, fields, isScheduled = false }) {
      const payload = parseJsonText(text);
      const errors = checkFields(fields, Date.now());
      // A parse error shows itself under the editor.
      if (!payload.ok || Object.keys(errors).length > 0) {
        setFailure({ payload: [], fields: errors, general: payload.ok ? undefined : "The payload is not valid JSON." });
        return undefined;
      }
      const tick = isScheduled ? readSchedulePayload(payload.value) : undefined;
      if (tick?.ok === false) {
        setFailure({ ...noFailure, payload: tick.issues });
        return undefined;
      }
      setBusy(true);
      const options = toOptions(fields);
      const body = tick === undefined ? { payload: payload.value, options } : await typedBody(tick.value, options);
      const answer = await send<{ id: string; isCached: boolean }>(`/api/v1/tasks/${encodeURIComponent(taskId)}/trigger`, body);
      setBusy(false);
      setFailure(answer.ok ? noFailure : toFailure(answer.problem, Object.keys(fields)));
      return answer.ok ? answer.value : undefined;
    },
  };
}

/** With its dates as dates. */
async function typedBody(value: unknown, options: object): Promise<object> {
  const { encodePacket } = await import("@/lib/values/packet");
  const { data, dataType } = encodePacket(value);
  return { payload: data, options: { ...options, payloadType: dataType } };
}

/** Each issue goes to its field; what has none is said by the button. */
export function toFailure(problem: Problem, known: readonly string[]): Failure {
  const body = { error: problem.error, issues: [...problem.issues] };
  const fields: FieldErrors = {};
  for (const { path, message } of issuesOf(body, "options")) {
    const [name = ""] = pathParts(path);
    // Only names of the form's own fields come through `known`.
    if (known.includes(name)) fields[name as TriggerField] = message;
  }
  const payload = issuesOf(body, "payload");
  const placed = payload.length + Object.keys(fields).length;
  return { payload, fields, general: placed === 0 ? problem.error : undefined };
}
