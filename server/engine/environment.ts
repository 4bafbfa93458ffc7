/** The environment that this process serves. */
export interface Environment {
  id: string;
  slug: string;
  type: "PRODUCTION" | "STAGING" | "DEVELOPMENT" | "PREVIEW";
  /** Runs that may execute at once. */
  concurrencyLimit: number;
  project: { id: string; ref: string; name: string };
}
