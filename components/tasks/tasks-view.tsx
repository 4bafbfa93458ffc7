"use client";
import { useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { TasksPage, TaskSummary } from "@/lib/contracts/dashboard";
import { formatCount, formatDuration, plural } from "@/lib/view/format";
import { NothingDeployed } from "../deployments/nothing-deployed";
import { useMe } from "../frame/me";
import { getJson } from "../live/api";
import { useTint } from "../live/hooks";
import { Ago } from "../live/time";
import { Button } from "../ui/button";
import { cn } from "../ui/cn";
import { CodeBlock } from "../ui/code-block";
import { Link } from "../ui/link";
import { PanelHead } from "../ui/page";
import { SearchInput } from "../ui/search-input";
import { EmptyState, ErrorState } from "../ui/state";
import { Table, Td, Th, Tr } from "../ui/table";
import { SparkBars } from "./spark-bars";
import { useLoad } from "./use-load";
import { OthersText } from "../ui/others-text";
import { readableText } from "@/lib/view/readable-text";

type Page = z.infer<typeof TasksPage>;
/** Hourly bars and percentiles change slowly; what runs now is pushed. */
const rereadMs = 30_000;

const example = `// trigger/hello.ts
import { task } from "@trigger.dev/sdk";
import { OthersText } from "../ui/others-text";
import { readableText } from "@/lib/view/readable-text";

export const hello = task({ id: "hello", run: async () => "Hello" });`;

export function TasksView({ initial }: { initial: Page }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["tasks"],
    queryFn: ({ signal }) => getJson<Page>("/api/dashboard/tasks", signal),
    initialData: initial,
    refetchInterval: rereadMs,
  });
  const me = useMe();
  const load = useLoad();
  const [search, setSearch] = useState("");
  const words = search.toLowerCase().split(/\s+/);
  const tasks = data.tasks
    .filter((task) => words.every((word) => `${task.id} ${task.filePath} ${task.queue}`.toLowerCase().includes(word)))
    .toSorted((a, b) => a.id.localeCompare(b.id));

  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <PanelHead
        title={plural(data.tasks.length, "task")}
        detail={search.trim() === "" ? "activity and latency of the last 24 hours" : plural(tasks.length, "match", "matches")}
      >
        <SearchInput value={search} onChange={setSearch} label="Search tasks" />
      </PanelHead>
      {error === null ? null : (
        <ErrorState className="m-4" title="The tasks could not be read" detail={error.message} onRetry={() => void refetch()} />
      )}
      {data.tasks.length === 0 && !me.environment.isMain ? (
        <NothingDeployed me={me} />
      ) : data.tasks.length === 0 ? (
        <EmptyState icon={<ListChecks />} title="No tasks yet">
          <p>Write one below the folders of trigger.config.ts; it appears here as soon as it is deployed.</p>
          <CodeBlock code={example} className="mt-3 text-left" />
        </EmptyState>
      ) : tasks.length === 0 ? (
        <EmptyState title="No task fits">{plural(data.tasks.length, "task")} hidden by the search.</EmptyState>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Task</Th>
              <Th className="max-xl:hidden">Queue</Th>
              <Th className="text-right max-md:hidden">Queued</Th>
              <Th className="text-right">Running</Th>
              <Th className="max-sm:hidden">24 h</Th>
              <Th className="text-right max-xl:hidden">p50</Th>
              <Th className="text-right max-lg:hidden">p95</Th>
              <Th className="max-lg:hidden">Last run</Th>
              <Th className="w-px">
                <span className="sr-only">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {tasks.map((task) => (
              <TaskLine key={task.id} task={task} {...load(task)} />
            ))}
          </tbody>
        </Table>
      )}
    </div>
  );
}

function TaskLine({ task, queued, running }: { task: TaskSummary; queued: number; running: number }) {
  const tinted = useTint(running);
  return (
    <Tr>
      <Td className="h-12 max-w-72 max-sm:max-w-44">
        <Link
          href={`/tasks/${encodeURIComponent(task.id)}`}
          prefetch={false}
          className="block truncate font-mono font-medium hover:underline"
        >
          <OthersText text={task.id} whole="on hover" />
        </Link>
        <span className="block truncate text-sm text-faint" title={readableText(task.description ?? task.filePath)}>
          {readableText(task.filePath)}
        </span>
      </Td>
      <Td className="max-w-44 truncate font-mono text-sm text-muted max-xl:hidden">
        <OthersText text={task.queue} whole="on hover" />
      </Td>
      <Td className={cn("text-right font-mono max-md:hidden", queued === 0 && "text-faint")}>{formatCount(queued)}</Td>
      <Td className={cn("text-right font-mono", tinted && "tint", running === 0 ? "text-faint" : "text-moving")}>{formatCount(running)}</Td>
      <Td className="max-sm:hidden">
        <SparkBars hourly={task.hourly} />
      </Td>
      <Td className="text-right font-mono whitespace-nowrap max-xl:hidden">
        {task.p50Ms === null ? <span className="text-faint">–</span> : formatDuration(task.p50Ms)}
      </Td>
      <Td className="text-right font-mono whitespace-nowrap max-lg:hidden">
        {task.p95Ms === null ? <span className="text-faint">–</span> : formatDuration(task.p95Ms)}
      </Td>
      <Td className="whitespace-nowrap max-lg:hidden">
        {task.lastRunAt === null ? <span className="text-faint">never</span> : <Ago at={task.lastRunAt} />}
      </Td>
      <Td>
        <span className="flex justify-end gap-1">
          <Button asChild size="sm" look="ghost" className="max-xl:hidden">
            <Link href={`/runs?task=${encodeURIComponent(task.id)}`} prefetch={false}>
              Runs
            </Link>
          </Button>
          <Button asChild size="sm">
            <Link href={`/test?task=${encodeURIComponent(task.id)}`} prefetch={false}>
              Test
            </Link>
          </Button>
        </span>
      </Td>
    </Tr>
  );
}
