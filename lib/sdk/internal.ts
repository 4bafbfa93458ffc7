// For the worker only: what it needs of the same instance that task files import. Not part of the published surface.
export { collectAbsent } from "./absent/absent";
export { duplicateTasks, findTask, listLimits, listQueues, listTasks, type RegisteredTask } from "./catalog";
export { registerConfigHooks } from "./hooks";
export { currentRun, inScope, outsideRuns, setLoneRun } from "./scope";
export { createRun, type Run, type RunPort } from "./run/run";
export { executeAttempt } from "./attempt/execute";
export { runCancelHooks } from "./attempt/cancel";
export { extendTelemetry, registerOtel } from "./otel/api";
export { flushExports } from "./otel/exporters";
export { toTaskRunError } from "./attempt/task-error";
export type { TriggerConfig } from "./config";
export type { TaskSchema } from "./schema";
