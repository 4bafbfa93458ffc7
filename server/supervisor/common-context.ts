import type { Assignment, SentToWorker, ToWorker } from "@/lib/contracts/ipc";

/** For one process: its assignments without what it has been told in an earlier one. */
export function createCommonContexts(): (message: ToWorker) => SentToWorker {
  const told = new Set<string>();
  return (message) => {
    if (message.type !== "assign") return message;
    const { ctx, ...assignment } = message.assignment;
    const { attempt, run, batch, ...context } = ctx;
    const common = nameOf(ctx);
    const isNew = !told.has(common);
    told.add(common);
    return { type: "assign", common, ...(isNew && { context }), assignment: { ...assignment, ctx: { attempt, run, ...(batch !== undefined && { batch }) } } };
  };
}

/** A process serves one environment of one project, so what differs is what a task, its queue and its machine are on a version. */
const nameOf = ({ task, queue, machine, deployment }: Assignment["ctx"]): string => `${task.id}\n${queue.name}\n${machine.name}\n${deployment?.version ?? ""}`;
