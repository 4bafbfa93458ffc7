"use client";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { getJson } from "@/components/live/api";
import { usePolling, useReadAgain } from "@/components/live/hooks";
import type { BulkDetail } from "@/lib/contracts/bulk";

export const bulkPath = (id: string): string => `/api/dashboard/bulk/${encodeURIComponent(id)}`;

/** So often a page follows an action that is under way. */
const followMs = 300;

export function useBulk(id: string, initial?: BulkDetail): UseQueryResult<BulkDetail> {
  const { interval, measure } = usePolling();
  const query = useQuery({
    queryKey: ["bulk", id],
    queryFn: ({ signal }) => measure(() => getJson<BulkDetail>(bulkPath(id), signal)),
    refetchInterval: interval,
    ...(initial !== undefined && { initialData: initial }),
  });
  useReadAgain("bulk", ["bulk", id], followMs);
  return query;
}
