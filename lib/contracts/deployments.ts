import { z } from "zod";
import { IsoDate } from "./run";

/** Tasks by id; `changed` names what of the declaration is another one, which code alone does not show. */
export const TaskChanges = z.object({ added: z.array(z.string()), removed: z.array(z.string()), changed: z.array(z.object({ id: z.string(), what: z.array(z.string()) })) });
export type TaskChanges = z.infer<typeof TaskChanges>;

export const DeploymentLine = z.object({
  id: z.string(),
  version: z.string(),
  createdAt: IsoDate,
  isCurrent: z.boolean(),
  /** Its build is still on the disk, so it can be made current. */
  isBuilt: z.boolean(),
  /** When and by whom it was last made current by hand. */
  promotedAt: IsoDate.optional(),
  promotedBy: z.string().optional(),
  tasks: z.number().int(),
  warnings: z.array(z.string()),
  /** Against the version before it; null: it is the first. */
  changes: TaskChanges.nullable(),
});
export type DeploymentLine = z.infer<typeof DeploymentLine>;

/** GET /api/dashboard/deployments?after=. `runs`: runs that have started and not ended, by version. */
export const DeploymentsPage = z.object({ deployments: z.array(DeploymentLine), next: z.string().optional(), runs: z.record(z.string(), z.number().int()) });
export type DeploymentsPage = z.infer<typeof DeploymentsPage>;
