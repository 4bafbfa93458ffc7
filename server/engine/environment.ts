import type { EnvironmentType } from "@/lib/contracts/environment";

/** An environment that this process serves. */
export interface Environment {
  id: string;
  slug: string;
  type: EnvironmentType;
  /** Runs that may execute at once. */
  concurrencyLimit: number;
  project: { id: string; ref: string; name: string };
  /** Of a preview branch. */
  branch?: string;
  /** Of a preview branch: the environment whose keys are its own too, and whose variables are below its own. */
  parent?: { id: string; slug: string };
}
