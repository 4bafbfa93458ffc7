"use client";
import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useMemo, useState } from "react";
import type { Facets, RecentPayloads as Recent, RunPage, TaskSummary } from "@/lib/contracts/dashboard";
import { formatJson } from "@/lib/values/json-text";
import { exampleSchedulePayload, schedulePayloadSchema } from "@/lib/forms/schedule-payload";
import { changedFields, type TriggerFields } from "@/lib/forms/trigger-form";
import { ActionButton, ReadOnlyNote, refusal } from "../auth/permission";
import { useMe } from "../frame/me";
import { useShortcut } from "../frame/shortcuts";
import { useUrlState } from "../frame/url-state";
import { ModeSwitch, PayloadEditor } from "../json/payload-editor";
import { getJson, messageOf } from "../live/api";
import { useNow } from "../live/live-provider";
import { CodeBlock } from "../ui/code-block";
import { Keys } from "../ui/kbd";
import { lazily } from "../ui/lazily";
import { PanelHead } from "../ui/page";
import { EmptyState } from "../ui/state";
import { OthersText } from "../ui/others-text";
import { shownDraft, type Draft, type Drafts } from "./drafts";
import { OptionsPanel } from "./options-panel";
import { RecentPayloads } from "./recent-payloads";
import { TaskPicker } from "./task-picker";
import { noFailure, useTrigger } from "./use-trigger";

const RunStrip = lazily(
  async () => (await import("./run-strip")).RunStrip,
  () => <div className="h-12 border-t border-line bg-panel" />,
);

const example = `import { task } from "@trigger.dev/sdk";

export const hello = task({
  id: "hello",
  run: async (payload: { name: string }) => ({ greeting: \`Hello \${payload.name}\` }),
});`;

/** Those with an example to run come first: they are meant to be started by hand. */
const inOrder = (tasks: readonly TaskSummary[]) =>
  tasks.toSorted((a, b) => Number(a.examplePayload === undefined) - Number(b.examplePayload === undefined) || a.id.localeCompare(b.id));

/** A scheduled task is tested with what a tick would give it. */
const withTick = (task: TaskSummary, now: number): TaskSummary =>
  task.isScheduled === true && task.payloadSchema === undefined
    ? { ...task, payloadSchema: schedulePayloadSchema, examplePayload: task.examplePayload ?? exampleSchedulePayload(now) }
    : task;

export function TestView({ tasks: given }: { tasks: readonly TaskSummary[] }) {
  const [opened] = useState(useNow(null));
  const tasks = useMemo(() => inOrder(given.map((task) => withTick(task, opened))), [given, opened]);
  const [url, setUrl] = useUrlState("replace");
  const wanted = url.get("task");
  const [first] = tasks;
  const task = tasks.find((candidate) => candidate.id === wanted) ?? first;
  if (task === undefined) {
    return (
      <EmptyState icon={<Play />} title="No tasks yet">
        <p>Write one in a file below the folders of trigger.config.ts; it appears here as soon as it is saved.</p>
        <CodeBlock code={example} className="mt-3 text-left" />
      </EmptyState>
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto lg:grid lg:grid-cols-[16rem_minmax(0,1fr)] lg:overflow-hidden">
      <TaskPicker tasks={tasks} chosen={task.id} onChoose={(id) => setUrl({ task: id, run: null })} />
      <TaskTest
        task={task}
        unknown={wanted !== null && wanted !== task.id ? wanted : undefined}
        run={url.get("run")}
        onRun={(id) => setUrl({ task: task.id, run: id })}
      />
    </div>
  );
}

interface TaskTestProps {
  task: TaskSummary;
  /** Task of the address that no version knows. */
  unknown: string | undefined;
  run: string | null;
  onRun: (id: string) => void;
}

function TaskTest({ task, unknown, run, onRun }: TaskTestProps) {
  const me = useMe();
  const [drafts, setDrafts] = useState<Drafts>({});
  const [cachedRun, setCachedRun] = useState<string>();
  const { busy, failure, setFailure, trigger } = useTrigger();
  const facets = useQuery({ queryKey: ["facets"], queryFn: ({ signal }) => getJson<Facets>("/api/dashboard/facets", signal) });
  const recent = useQuery({
    queryKey: ["payloads", task.id],
    queryFn: ({ signal }) => getJson<Recent>(`/api/dashboard/tasks/${encodeURIComponent(task.id)}/payloads`, signal),
  });
  // Opened with a run, as from its page or after a reload: its payload is the one to go on with.
  const [openedWith] = useState(run);
  const opened = useQuery({
    queryKey: ["run", openedWith],
    queryFn: ({ signal }) => getJson<RunPage>(`/api/dashboard/runs/${encodeURIComponent(openedWith ?? "")}`, signal),
    enabled: openedWith !== null,
  });
  const shown = shownDraft(task, drafts[task.id], { run: opened.data, recent: recent.data });
  const refused = refusal(me.user.role, "operator");
  const changed = changedFields(shown.fields);

  const change = (draft: Draft) => setDrafts((all) => ({ ...all, [task.id]: { ...all[task.id], ...draft } }));
  function changeText(text: string) {
    change({ text });
    if (failure.payload.length > 0 || failure.general !== undefined) setFailure({ ...failure, payload: [], general: undefined });
  }
  function changeFields(part: Partial<TriggerFields>) {
    change({ fields: { ...shown.fields, ...part } });
    const fields = Object.fromEntries(Object.entries(failure.fields).filter(([name]) => !(name in part)));
    setFailure({ ...failure, fields, general: undefined });
  }
  async function submit() {
    if (busy || refused !== undefined) return;
    const made = await trigger({ taskId: task.id, text: shown.text, fields: shown.fields, isScheduled: task.isScheduled });
    if (made === undefined) return;
    setCachedRun(made.isCached ? made.id : undefined);
    onRun(made.id);
    void recent.refetch();
  }
  useShortcut("mod+enter", { label: "Run the test", group: "Test", run: () => void submit() });

  const [seen, setSeen] = useState(task.id);
  if (seen !== task.id) {
    // What was refused concerned the other task.
    setSeen(task.id);
    setFailure(noFailure);
  }

  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <ReadOnlyNote refused={refused} />
      {unknown === undefined ? null : (
        <p className="border-b border-line bg-needs-soft px-4 py-1.5">
          No deployed version has a task “{unknown}”. Choose one of those that there are.
        </p>
      )}
      <div className="flex-1 lg:min-h-0 lg:overflow-y-auto xl:grid xl:grid-cols-[minmax(0,1fr)_22rem] xl:overflow-hidden 2xl:grid-cols-[minmax(0,1fr)_32rem]">
        <section aria-label="Payload" className="min-w-0 xl:overflow-y-auto">
          <PanelHead title="Payload" detail={<code className="font-mono">{task.filePath}</code>}>
            <ModeSwitch schema={task.payloadSchema} mode={shown.mode} onChange={(mode) => change({ mode, text: shown.text })} />
            <RecentPayloads
              recent={recent.data}
              example={task.examplePayload === undefined ? undefined : formatJson(task.examplePayload)}
              error={recent.error === null ? undefined : messageOf(recent.error)}
              onPick={changeText}
            />
          </PanelHead>
          <div className="px-4 py-3">
            {task.description ? (
              <p className="mb-3 text-muted">
                <OthersText text={task.description} />
              </p>
            ) : null}
            <PayloadEditor
              key={task.id}
              schema={task.payloadSchema}
              text={shown.text}
              onChange={changeText}
              mode={shown.mode}
              issues={failure.payload}
              label={`Payload of ${task.id}`}
              name="payload"
              onSubmit={() => void submit()}
            />
          </div>
        </section>
        <section aria-label="Options" className="min-w-0 border-line max-xl:border-t xl:overflow-y-auto xl:border-l">
          <PanelHead title="Options" detail={changed === 0 ? "as the task says" : `${changed} changed`} />
          <OptionsPanel
            key={task.id}
            task={task}
            fields={shown.fields}
            errors={failure.fields}
            facets={facets.data}
            onChange={changeFields}
            onSubmit={() => void submit()}
          />
        </section>
      </div>
      <footer className="sticky bottom-0 bg-canvas">
        {run === null ? null : (
          <RunStrip
            key={run}
            runId={run}
            note={run === cachedRun ? "the idempotency key found this run; no new one was made" : undefined}
          />
        )}
        <div className="flex flex-wrap items-center gap-3 border-t border-line px-4 py-2">
          <ActionButton look="primary" busy={busy} refused={refused} onClick={() => void submit()}>
            <Play aria-hidden className="size-3.5" /> Run {task.id}
          </ActionButton>
          <span className="hidden items-center gap-1 text-sm text-faint sm:flex">
            <Keys keys="mod+enter" />
          </span>
          <p role="alert" className="min-w-0 flex-1 break-words text-bad">
            {failure.general ??
              (failure.payload.length > 0
                ? "The payload does not fit the task's schema; see beside the fields. Nothing was stored."
                : Object.keys(failure.fields).length > 0
                  ? "An option is wrong; see beside it."
                  : null)}
          </p>
        </div>
      </footer>
    </div>
  );
}
