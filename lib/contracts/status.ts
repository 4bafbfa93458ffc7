import { z } from "zod";
import { runStatuses } from "./run-status";

export * from "./run-status";
export const RunStatus = z.enum(runStatuses);
export type RunStatus = z.infer<typeof RunStatus>;
