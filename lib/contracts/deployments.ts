import { z } from "zod";
import { IsoDate } from "./run";

/** Tasks by id; `changed` names what of the declaration is another one, which code alone does not show. */
export const TaskChanges = z.object({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(z.object({ id: z.string(), what: z.array(z.string()) })),
});
export type TaskChanges = z.infer<typeof TaskChanges>;

export const deploymentStatuses = ["PENDING", "BUILDING", "DEPLOYING", "DEPLOYED", "FAILED", "CANCELED", "TIMED_OUT"] as const;
export const DeploymentStatus = z.enum(deploymentStatuses);
export type DeploymentStatus = z.infer<typeof DeploymentStatus>;

/** Where deployed code comes from. */
export const GitFacts = z.object({
  commit: z.string().max(64).optional(),
  branch: z.string().max(256).optional(),
  /** First line of the commit's message. */
  message: z.string().max(500).optional(),
  author: z.string().max(256).optional(),
  /** Not all of it was committed. */
  dirty: z.boolean().optional(),
});
export type GitFacts = z.infer<typeof GitFacts>;

/** The same as tasks and clients of the published SDK read it. */
export const GitMeta = z.object({
  commitSha: z.string().optional(),
  commitRef: z.string().optional(),
  commitMessage: z.string().optional(),
  commitAuthorName: z.string().optional(),
  dirty: z.boolean().optional(),
});
export type GitMeta = z.infer<typeof GitMeta>;

export const gitMeta = ({ commit, branch, message, author, dirty }: GitFacts): GitMeta => ({
  ...(commit !== undefined && { commitSha: commit }),
  ...(branch !== undefined && { commitRef: branch }),
  ...(message !== undefined && { commitMessage: message }),
  ...(author !== undefined && { commitAuthorName: author }),
  ...(dirty !== undefined && { dirty }),
});

export const DeploymentLine = z.object({
  id: z.string(),
  version: z.string(),
  createdAt: IsoDate,
  isCurrent: z.boolean(),
  status: DeploymentStatus,
  /** By whom it was sent; not there: it is the server's own project. */
  createdBy: z.string().optional(),
  git: GitFacts.optional(),
  /** Why it failed, in a line. */
  error: z.string().optional(),
  /** What the server said while it deployed. */
  log: z.array(z.string()),
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
export const DeploymentsPage = z.object({
  deployments: z.array(DeploymentLine),
  next: z.string().optional(),
  runs: z.record(z.string(), z.number().int()),
});
export type DeploymentsPage = z.infer<typeof DeploymentsPage>;

/** POST /api/v1/deployments: says what is going to be uploaded. */
export const DeploymentCreateBody = z.strictObject({
  project: z.string().min(1).max(200),
  /** Slug; it must be the one of the key. */
  environment: z.string().min(1).max(64).optional(),
  branch: z.string().min(1).max(256).optional(),
  /** Of the file, hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hex digits"),
  bytes: z.number().int().min(1),
  externalId: z.string().trim().min(1).max(128).optional(),
  git: GitFacts.optional(),
  /** Gives up one with the same external id that is still being made. */
  force: z.boolean().optional(),
});
export type DeploymentCreateBody = z.infer<typeof DeploymentCreateBody>;

/** Its answer. `unchanged`: this code is there already, nothing is to be sent. */
export const DeploymentCreated = z.object({
  id: z.string(),
  version: z.string(),
  unchanged: z.boolean(),
  isCurrent: z.boolean(),
  offset: z.number(),
  chunkBytes: z.number(),
});
export type DeploymentCreated = z.infer<typeof DeploymentCreated>;

export const DeploymentUpload = z.object({ offset: z.number(), bytes: z.number() });
export const DeploymentFinishBody = z.strictObject({ promote: z.boolean().default(true) });
