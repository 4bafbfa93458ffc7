import type { RunFilter } from "@/lib/contracts/realtime";
import { filterParams } from "@/lib/runs/run-filter";
import { pageSize } from "@/lib/runs/run-pages";

/** Below `/api/dashboard`; the server's page and the browser ask for the same. */
export const runsPath = (filter: RunFilter, cursor: string | null): string => {
  const params = filterParams(filter);
  params.set("limit", String(pageSize));
  if (cursor !== null) params.set("cursor", cursor);
  return `/runs?${params}`;
};
