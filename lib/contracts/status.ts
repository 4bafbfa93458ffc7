import { z } from "zod";
import { listedStatuses, runStatuses } from "./run-status";

export * from "./run-status";
export const RunStatus = z.enum(runStatuses);
export type RunStatus = z.infer<typeof RunStatus>;
export const ListedStatus = z.enum(listedStatuses);
