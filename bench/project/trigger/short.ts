import { setTimeout as delay } from "node:timers/promises";
import { task } from "@trigger.dev/sdk";

/** Long enough to be seen as executing before it is completed. */
export const short = task({
  id: "short",
  run: async () => {
    await delay(100);
  },
});
