import type { CommonContext, SentToWorker, ToWorker } from "@/lib/contracts/ipc";

/** The other end of the supervisor's: assignments whole again. */
export function createCommonContexts(): (message: SentToWorker) => ToWorker {
  const known = new Map<string, CommonContext>();
  return (message) => {
    if (message.type !== "assign") return message;
    const { common, assignment } = message;
    if (message.context !== undefined) known.set(common, message.context);
    const context = known.get(common);
    if (context === undefined) throw new Error(`an assignment names a context that this process was not told: ${JSON.stringify(common)}`);
    // The message's own objects are made whole: a copy from two others gets a shape of its own each time, for the collector to find.
    return { type: "assign", assignment: Object.assign(assignment, { ctx: Object.assign(assignment.ctx, context) }) };
  };
}
