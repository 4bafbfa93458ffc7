import type { RecentPayloads, RunPage, TaskSummary } from "@/lib/contracts/dashboard";
import { blankValue } from "@/lib/forms/form-schema";
import { editablePayload, firstPayload } from "@/lib/values/recent-payload";
import { blankFields, type TriggerFields } from "@/lib/forms/trigger-form";
import { firstMode, type EditorMode } from "../json/payload-editor";

/** What was typed for a task; kept while the page is open, so that looking at another task loses nothing. */
export interface Draft {
  /** Undefined: untouched, the proposed payload shows. */
  text?: string;
  mode?: EditorMode;
  fields?: TriggerFields;
}
export type Drafts = Readonly<Record<string, Draft>>;

export interface Shown {
  text: string;
  mode: EditorMode;
  fields: TriggerFields;
}

interface Known {
  /** The run of the address, when the page was opened with one. */
  run: RunPage | undefined;
  recent: RecentPayloads | undefined;
}

/** The draft of a task over what is proposed: the run's payload, the author's example, the newest payload, or what the schema requires. */
export function shownDraft(task: TaskSummary, draft: Draft | undefined, { run, recent }: Known): Shown {
  const ofRun = run?.detail.task === task.id ? editablePayload(run.detail) : null;
  const newest = recent?.payloads.map(editablePayload).find((text) => text !== null && text !== "");
  const proposed =
    ofRun ?? (task.examplePayload === undefined && newest !== undefined && newest !== null ? newest : firstPayload(task, blankValue));
  return { text: draft?.text ?? proposed, mode: draft?.mode ?? firstMode(task.payloadSchema), fields: draft?.fields ?? blankFields };
}
