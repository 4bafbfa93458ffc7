import { cn } from "@/components/ui/cn";
import type { EnvironmentType } from "@/lib/contracts/environment";

const tones: Record<EnvironmentType, string> = {
  PRODUCTION: "bg-good-bar",
  STAGING: "bg-needs-bar",
  DEVELOPMENT: "bg-moving-bar",
  PREVIEW: "bg-asks-bar",
};

/** What it is, for people. */
export const environmentWords: Record<EnvironmentType, string> = {
  PRODUCTION: "production",
  STAGING: "staging",
  DEVELOPMENT: "development",
  PREVIEW: "preview",
};

export const EnvironmentMark = ({ type }: { type: EnvironmentType }) => (
  <span aria-hidden className={cn("size-2 shrink-0 rounded-sm", tones[type])} />
);
