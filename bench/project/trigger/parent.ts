import { task } from "@trigger.dev/sdk";
import { noop } from "./noop";

/** Waits for a hundred children. */
export const parent = task({
  id: "parent",
  run: async () => {
    const { runs } = await noop.batchTriggerAndWait(Array.from({ length: 100 }, () => ({ payload: undefined })));
    return { completed: runs.filter((run) => run.ok).length };
  },
});
