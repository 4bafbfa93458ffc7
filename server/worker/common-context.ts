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
    return { type: "assign", assignment: { ...assignment, ctx: { ...context, ...assignment.ctx } } };
  };
}
