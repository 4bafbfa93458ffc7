"use client";
import { useQuery } from "@tanstack/react-query";
import { CalendarClock, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import type { SchedulesPage } from "@/lib/contracts/dashboard";
import { plural } from "@/lib/view/format";
import { ActionButton, ReadOnlyNote, refusal } from "../auth/permission";
import { useMe } from "../frame/me";
import { getJson } from "../live/api";
import { usePolling, useSchedulesRevision } from "../live/hooks";
import { CodeBlock } from "../ui/code-block";
import { lazilyDialog } from "../ui/dialog";
import { Link } from "../ui/link";
import { OthersText } from "../ui/others-text";
import { PanelHead } from "../ui/page";
import { EmptyState, ErrorState } from "../ui/state";
import { Table, Th } from "../ui/table";
import { ScheduleLine } from "./schedule-line";

const ScheduleDialog = lazilyDialog(async () => (await import("./schedule-dialog")).ScheduleDialog);

const example = `import { schedules } from "@trigger.dev/sdk";

export const nightly = schedules.task({
  id: "nightly",
  cron: { pattern: "0 2 * * *", timezone: "Europe/Vienna" },
  run: async (payload) => console.log(payload.timestamp, payload.upcoming),
});`;

/** `task`: of this one alone. */
export function SchedulesView({ initial, task }: { initial: SchedulesPage; task: string | undefined }) {
  const { page } = initial;
  const address = (at: number) => {
    const query = new URLSearchParams({ ...(task !== undefined && { task }), ...(at > 1 && { page: String(at) }) });
    return query.size === 0 ? "" : `?${query}`;
  };
  const { interval, measure } = usePolling();
  const { data, error, refetch } = useQuery({
    queryKey: ["schedules", page, task],
    queryFn: ({ signal }) => measure(() => getJson<SchedulesPage>(`/api/dashboard/schedules${address(page)}`, signal)),
    initialData: initial,
    refetchInterval: interval,
  });
  const revision = useSchedulesRevision();
  useEffect(() => {
    if (revision !== undefined) void refetch();
  }, [revision, refetch]);
  const [creating, setCreating] = useState(false);
  const refused = refusal(useMe().user.role, "operator");
  const { schedules, count, perPage, tasks } = data;

  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <ReadOnlyNote refused={refused} />
      <PanelHead
        title="Schedules"
        detail={
          task === undefined ? (
            plural(count, "schedule")
          ) : (
            <>
              of <OthersText text={task} className="font-mono" />,{" "}
              <Link href="/schedules" className="underline">
                show all
              </Link>
            </>
          )
        }
      >
        <ActionButton
          size="sm"
          look="primary"
          refused={refused ?? (tasks.length === 0 ? "No deployed task is made with schedules.task yet." : undefined)}
          onClick={() => setCreating(true)}
        >
          <Plus aria-hidden className="size-3.5" /> Create schedule
        </ActionButton>
      </PanelHead>
      {error === null ? null : (
        <ErrorState className="m-4" title="The schedules could not be read" detail={error.message} onRetry={() => void refetch()} />
      )}
      {schedules.length === 0 ? (
        <EmptyState icon={<CalendarClock />} title="No schedules yet">
          <p>
            Declare one with the task that it runs; it is there as soon as the task is deployed. Or create one here, or with
            schedules.create, for a task made with schedules.task.
          </p>
          <CodeBlock code={example} className="mt-3 text-left" />
        </EmptyState>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Task</Th>
              <Th className="max-md:hidden">Cron</Th>
              <Th>Next run</Th>
              <Th className="max-sm:hidden">Last tick</Th>
              <Th className="max-sm:hidden">State</Th>
              <Th className="w-px">
                <span className="sr-only">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {schedules.map((schedule) => (
              <ScheduleLine key={schedule.id} schedule={schedule} tasks={tasks} refused={refused} onChanged={() => void refetch()} />
            ))}
          </tbody>
        </Table>
      )}
      {count > perPage ? (
        <nav aria-label="Pages of schedules" className="flex items-center gap-4 px-4 py-3">
          {page > 1 ? (
            <Link href={`/schedules${address(page - 1)}`} className="underline">
              Newer
            </Link>
          ) : null}
          <span className="text-faint">
            Page {page} of {Math.ceil(count / perPage)}
          </span>
          {page * perPage < count ? (
            <Link href={`/schedules${address(page + 1)}`} className="underline">
              Older
            </Link>
          ) : null}
        </nav>
      ) : null}
      {creating ? <ScheduleDialog tasks={tasks} task={task} onClose={() => setCreating(false)} onSaved={() => void refetch()} /> : null}
    </div>
  );
}
