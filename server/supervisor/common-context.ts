import type { Assignment, CommonContext, SentToWorker, ToWorker } from "@/lib/contracts/ipc";

/** For one process: its assignments without what it has been told in an earlier one. */
export function createCommonContexts(): (message: ToWorker) => SentToWorker {
  const told = new Set<string>();
  return (message) => {
    if (message.type !== "assign") return message;
    // Part by part: an object made of what another has left costs more than all the rest.
    const { runId, epoch, ctx, payload, metadata, maxDuration, isolated, traceparent, usedMsBefore, env, apiUrl, resume } =
      message.assignment;
    const common = nameOf(ctx);
    const context = told.has(common) ? undefined : commonOf(ctx);
    told.add(common);
    const own = { attempt: ctx.attempt, run: ctx.run, batch: ctx.batch };
    return {
      type: "assign",
      common,
      context,
      assignment: { runId, epoch, ctx: own, payload, metadata, maxDuration, isolated, traceparent, usedMsBefore, env, apiUrl, resume },
    };
  };
}

const commonOf = ({ task, queue, environment, organization, project, machine, deployment }: Assignment["ctx"]): CommonContext => ({
  task,
  queue,
  environment,
  organization,
  project,
  machine,
  deployment,
});

/** A process serves one environment of one project, so what differs is what a task, its queue and its machine are on a version. */
const nameOf = ({ task, queue, machine, deployment }: Assignment["ctx"]): string =>
  `${task.id}\n${queue.name}\n${machine.name}\n${deployment?.version ?? ""}`;
