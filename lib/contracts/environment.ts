import { z } from "zod";
import { IsoDate } from "./run";

export const environmentTypes = ["DEVELOPMENT", "STAGING", "PRODUCTION", "PREVIEW"] as const;
export const EnvironmentType = z.enum(environmentTypes);
export type EnvironmentType = z.infer<typeof EnvironmentType>;

const slugForm = "must be 1 to 40 lower-case letters, digits and hyphens, and begin with a letter, such as staging";
const nameForm = "must have 1 to 64 characters";
const Name = z.string(nameForm).trim().min(1, nameForm).max(64, nameForm);

/** POST /api/v1/environments. `slug` stands in addresses and stays; `name` is for people. */
export const EnvironmentCreateBody = z.strictObject({
  slug: z.string(slugForm).regex(/^[a-z][a-z0-9-]{0,39}$/, slugForm),
  name: Name.optional(),
  type: EnvironmentType,
});
export type EnvironmentCreateBody = z.infer<typeof EnvironmentCreateBody>;

export const EnvironmentUpdateBody = z.strictObject({ name: Name });

/** As the hosted service takes it, for `refs/heads/x` too. */
export const BranchBody = z.object({ env: z.literal("preview").optional(), branch: z.string().min(1).max(300) });

/** Environment of this server. */
export const EnvironmentRow = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  type: EnvironmentType,
  /** The one that the server's mode makes; it cannot be archived. */
  isMain: z.boolean(),
  /** Of a preview branch. */
  branch: z.string().optional(),
  parent: z.string().optional(),
  createdAt: IsoDate,
  createdBy: z.string().optional(),
  archivedAt: IsoDate.optional(),
});
export type EnvironmentRow = z.infer<typeof EnvironmentRow>;

export const EnvironmentList = z.object({ environments: z.array(EnvironmentRow) });

/** `secretKey` is shown this once; a branch has none, it is reached with that of its parent. */
export const EnvironmentCreated = z.object({ environment: EnvironmentRow, secretKey: z.string().optional() });
export type EnvironmentCreated = z.infer<typeof EnvironmentCreated>;

/** POST /api/v1/environments/:slug/deployments: the build of a version of the environment in which it is asked. */
export const EnvironmentDeployBody = z.strictObject({ version: z.string().min(1).max(64) });
export const EnvironmentDeployed = z.object({ environment: z.string(), version: z.string() });
