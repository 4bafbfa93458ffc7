"use client";
import { useQuery } from "@tanstack/react-query";
import type { QueueKeys } from "@/lib/contracts/dashboard";
import type { QueueRow } from "@/lib/contracts/realtime";
import { formatCount, plural } from "@/lib/view/format";
import { getJson } from "../live/api";
import { useReadWithCounts } from "../live/hooks";
import { OthersText } from "../ui/others-text";
import { Skeleton } from "../ui/skeleton";
import { UsageBar } from "./usage-bar";
import { Waiting } from "./waiting";

const rereadMs = 2_000;
const columns = 9;

/** What waits and runs under each concurrency key, the one whose oldest run has waited longest first. */
export function QueueKeysRow({ queue }: { queue: QueueRow }) {
  const queryKey = ["queue-keys", queue.name];
  const { data, error } = useQuery({
    queryKey,
    queryFn: ({ signal }) => getJson<QueueKeys>(`/api/dashboard/queues/${encodeURIComponent(queue.name)}/keys`, signal),
  });
  useReadWithCounts(queryKey, rereadMs);
  return (
    <tr className="border-b border-line bg-panel">
      <td colSpan={columns} className="px-4 py-2 pl-10 max-sm:pl-4">
        {error !== null ? (
          <p role="alert" className="text-sm text-bad">
            The keys could not be read: {error.message}
          </p>
        ) : data === undefined ? (
          <Skeleton className="h-6 w-72" />
        ) : data.keys.length === 0 ? (
          <p className="text-sm text-faint">Nothing waits or runs in it now.</p>
        ) : (
          <table className="text-left">
            <caption className="sr-only">Concurrency keys of queue {queue.name}</caption>
            <thead>
              <tr className="text-sm text-faint">
                <th scope="col" className="pr-8 pb-1 font-medium">
                  Concurrency key
                </th>
                <th scope="col" className="pr-8 pb-1 font-medium">
                  Running
                </th>
                <th scope="col" className="pr-8 pb-1 text-right font-medium">
                  Queued
                </th>
                <th scope="col" className="pb-1 font-medium">
                  Oldest waits
                </th>
              </tr>
            </thead>
            <tbody>
              {data.keys.map(({ key, queued, running, oldestQueuedAt }) => (
                <tr key={key}>
                  <td className="max-w-72 truncate pr-8 font-mono">
                    {key === "" ? <span className="font-sans text-muted">no key</span> : <OthersText text={key} whole="on hover" />}
                  </td>
                  <td className="pr-8">
                    <UsageBar running={running} limit={queue.concurrencyLimit} paused={queue.paused} className="sm:w-44" />
                  </td>
                  <td className="pr-8 text-right font-mono">{formatCount(queued)}</td>
                  <td className="font-mono">
                    {oldestQueuedAt === undefined ? <span className="text-faint">–</span> : <Waiting since={oldestQueuedAt} />}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {data !== undefined && data.count > data.keys.length ? (
          <p className="pt-1 text-sm text-faint">{plural(data.count - data.keys.length, "key")} more, whose runs have waited less long.</p>
        ) : null}
      </td>
    </tr>
  );
}
