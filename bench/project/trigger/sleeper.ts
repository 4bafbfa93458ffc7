import { task, wait } from "@trigger.dev/sdk";

/** Parks once, for a second. */
export const sleeper = task({
  id: "sleeper",
  run: async () => {
    await wait.for({ seconds: 1 });
  },
});
