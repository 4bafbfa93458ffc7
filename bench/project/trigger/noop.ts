import { task } from "@trigger.dev/sdk";

/** Says when it started, by the clock that all processes of a machine share. */
export const noop = task({
  id: "noop",
  run: async () => ({ startedAt: Number(process.hrtime.bigint()) / 1e6 }),
});
