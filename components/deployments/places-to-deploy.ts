import type { Me } from "@/lib/contracts/dashboard";

/** Environments other than this one that run versions: of preview ones the branches. */
export const placesToDeploy = ({ environments, environment }: Pick<Me, "environments" | "environment">): Me["environments"] =>
  environments.filter(({ slug, type, branch }) => slug !== environment.slug && (type !== "PREVIEW" || branch !== undefined));
