"use client";
import { useQuery } from "@tanstack/react-query";
import { Cable } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { z } from "zod";
import type { QueuesPage } from "@/lib/contracts/dashboard";
import { formatCount, plural } from "@/lib/view/format";
import { refusal, ReadOnlyNote } from "../auth/permission";
import { limits } from "@/lib/contracts/limits";
import { useMe } from "../frame/me";
import { getJson } from "../live/api";
import { useCounts, useLiveQueues, usePolling, useReadWithCounts } from "../live/hooks";
import { Ago } from "../live/time";
import { CodeBlock } from "../ui/code-block";
import { PanelHead } from "../ui/page";
import { SearchInput } from "../ui/search-input";
import { EmptyState, ErrorState } from "../ui/state";
import { Table, Th } from "../ui/table";
import { EnvironmentActions } from "./environment-actions";
import { NamedLimits } from "./named-limits";
import { PausedBanner, PausedEnvironment } from "./paused-banner";
import { QueueLine } from "./queue-line";
import { UsageBar } from "./usage-bar";

type Page = z.infer<typeof QueuesPage>;

const example = `import { queue, task } from "@trigger.dev/sdk";

const emails = queue({ name: "emails", concurrencyLimit: 5 });

export const sendEmail = task({ id: "send-email", queue: emails, run: async () => {} });`;

const queryKey = ["queues"];
const rereadMs = 5_000;

/** Place of each queue by what waits and runs in it, then by what it did in the last hour. */
function busiestFirst({ queues, loads }: Page): ReadonlyMap<string, number> {
  const done = (name: string) => loads[name]?.ended.reduce((sum, n) => sum + n, 0) ?? 0;
  const sorted = queues.toSorted(
    (a, b) => b.queued + b.running - a.queued - a.running || done(b.name) - done(a.name) || a.name.localeCompare(b.name),
  );
  return new Map(sorted.map(({ name }, place) => [name, place]));
}

export function QueuesView({ initial }: { initial: Page }) {
  const live = useLiveQueues();
  const { interval, measure } = usePolling();
  const {
    data: page,
    error,
    refetch,
  } = useQuery({
    queryKey,
    queryFn: ({ signal }) => measure(() => getJson<Page>("/api/dashboard/queues", signal)),
    initialData: initial,
    refetchInterval: interval,
  });
  useReadWithCounts(queryKey, rereadMs);
  const [search, setSearch] = useState("");
  // Busiest first as it was when the page came: rows that change places would move under the pointer.
  const [ranks] = useState(() => busiestFirst(initial));
  const rankOf = (name: string) => ranks.get(name) ?? ranks.size;
  const all = live.loaded && interval === false ? live.data : page.queues;
  const queues = all
    .filter((queue) => queue.name.toLowerCase().includes(search.trim().toLowerCase()))
    .toSorted((a, b) => rankOf(a.name) - rankOf(b.name) || a.name.localeCompare(b.name));
  const running = all.reduce((sum, queue) => sum + queue.running, 0);
  const queued = all.reduce((sum, queue) => sum + queue.queued, 0);
  const refused = refusal(useMe().user.role, "operator");
  const counts = useCounts();
  const environment = counts.data !== undefined && interval === false ? counts.data.environment : page.environment;

  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <ReadOnlyNote refused={refused} />
      {environment.paused ? <PausedEnvironment environment={environment} queued={queued} refused={refused} /> : null}
      {all
        .filter((queue) => queue.paused)
        .map((queue) => (
          <PausedBanner key={queue.name} queue={queue} refused={refused} />
        ))}
      <section aria-label="Environment" className="grid grid-cols-2 gap-x-6 gap-y-3 border-b border-line px-4 py-3 sm:flex sm:gap-10">
        <Figure name="Running in this environment">
          <UsageBar
            running={running}
            limit={Math.floor(environment.limit * environment.burst)}
            paused={environment.paused}
            className="w-56 max-w-full"
          />
        </Figure>
        <Figure name="Queued">{formatCount(queued)}</Figure>
        <Figure name="Queues">{formatCount(all.length)}</Figure>
        <EnvironmentActions environment={environment} running={running} refused={refused} />
      </section>
      <PanelHead title="Queues" detail={search === "" ? undefined : plural(queues.length, "match", "matches")}>
        <SearchInput value={search} onChange={setSearch} label="Search queues" />
      </PanelHead>
      {error === null ? null : (
        <ErrorState className="m-4" title="The queues could not be read" detail={error.message} onRetry={() => void refetch()} />
      )}
      {all.length === 0 ? (
        <EmptyState icon={<Cable />} title="No queues yet">
          <p>
            Every task has a queue of its own, which appears here once the task is deployed. Share one between tasks to limit them together:
          </p>
          <CodeBlock code={example} className="mt-3 text-left" />
        </EmptyState>
      ) : queues.length === 0 ? (
        <EmptyState title="No queue has that in its name">{plural(all.length, "queue")} hidden by the search.</EmptyState>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Queue</Th>
              <Th className="sm:w-48">Running</Th>
              <Th className="text-right">Queued</Th>
              <Th className="max-lg:hidden">Depth, 1 h</Th>
              <Th className="max-md:hidden">Ended, 1 h</Th>
              <Th className="text-right max-xl:hidden">p95 wait</Th>
              <Th className="text-right max-lg:hidden">Drains in</Th>
              <Th className="w-36 max-xl:hidden">Oldest waits</Th>
              <Th className="w-px">
                <span className="sr-only">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => (
              <QueueLine key={queue.name} queue={queue} load={page.loads[queue.name]} refused={refused} />
            ))}
          </tbody>
        </Table>
      )}
      {page.waitsFrom === undefined ? null : (
        <p className="px-4 py-2 text-sm text-faint max-xl:hidden">
          Waits are those of the newest {formatCount(limits.measuredRuns)} runs, made since <Ago at={page.waitsFrom} />; older ones are not
          in p95.
        </p>
      )}
      <NamedLimits limits={page.limits} refused={refused} onChange={() => void refetch()} />
    </div>
  );
}

const Figure = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="min-w-0">
    <p className="text-sm text-faint">{name}</p>
    <div className="mt-0.5 flex h-6 items-center font-mono text-lg">{children}</div>
  </div>
);
