import { batchTrigger, batchTriggerAndWait } from "./batch";
import { globalHookRegistrars } from "./hooks";
import { trigger, triggerAndSubscribe, triggerAndWait } from "./trigger";

/** Tasks by id, and hooks for all of them. */
export const tasks = { trigger, triggerAndWait, triggerAndSubscribe, batchTrigger, batchTriggerAndWait, ...globalHookRegistrars };
