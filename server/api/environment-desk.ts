import type { EnvironmentCreateBody, EnvironmentCreated, EnvironmentRow } from "@/lib/contracts/environment";
import type { Variables } from "../engine/variables/variables";
import type { Deployment } from "../engine/versions/deployments";

/** The environments of this server. `by` is who asks, for people; environments are named by their slug. Errors: EngineError, 404 for an unknown slug. */
export interface EnvironmentDesk {
  isMain(environmentId: string): boolean;
  /** Archived ones too. */
  list(): Promise<EnvironmentRow[]>;
  create(body: EnvironmentCreateBody, by: string): Promise<EnvironmentCreated>;
  rename(slug: string, name: string): Promise<EnvironmentRow>;
  archive(slug: string): Promise<EnvironmentRow>;
  restore(slug: string): Promise<EnvironmentRow>;
  /** The environment of a branch of the preview environment, made or brought back where that is needed. */
  openBranch(branch: string, by: string): Promise<EnvironmentRow>;
  archiveBranch(branch: string): Promise<EnvironmentRow>;
  variablesOf(slug: string): Promise<Variables>;
  /** Makes a build of this server the current version of an environment, under a number of its own. */
  deploy(slug: string, deployment: Deployment, by: string): Promise<Deployment>;
}
