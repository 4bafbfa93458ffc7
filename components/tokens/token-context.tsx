"use client";
import { useMemo, type ReactNode } from "react";
import type { RunDetail } from "@/lib/contracts/run";
import { parseObject, withoutQuestion } from "@/lib/forms/answer-form";
import { formatJson } from "@/lib/values/json-text";
import { editablePayload } from "@/lib/values/recent-payload";
import { useLiveTrace } from "../live/hooks";
import { Ago, Instant } from "../live/time";
import { StatusBadge } from "../runs/status";
import { cn } from "../ui/cn";
import { CodeBlock } from "../ui/code-block";
import { CopyValue } from "../ui/copy";
import { Link } from "../ui/link";
import { Facts } from "../ui/page";
import { TagLabel } from "../ui/tag";
import { OthersText } from "../ui/others-text";

/** What a person needs to decide: which run asks, about what, and what it has done so far. */
export function RunContext({ run }: { run: RunDetail }) {
  const payload = editablePayload({ payload: run.payload, payloadType: run.payloadType });
  const metadata = withoutQuestion(parseObject(run.metadata));
  return (
    <div className="flex flex-col gap-4">
      <Facts
        facts={[
          [
            "Run",
            <span key="run" className="flex min-w-0 flex-wrap items-center gap-x-3">
              <Link href={`/runs/${run.id}`} prefetch={false} className="font-mono underline">
                {run.id}
              </Link>
              <StatusBadge run={run} />
            </span>,
          ],
          ["Task", <OthersText key="task" text={run.task} className="font-mono" />],
          run.startedAt === undefined
            ? ["Created", <Ago key="created" at={run.createdAt} />]
            : ["Started", <Ago key="started" at={run.startedAt} />],
          ...(run.attempt > 1 ? [["Attempt", String(run.attempt)] as const] : []),
          ...(run.parentId === undefined ? [] : [["Parent", <CopyValue key="parent" text={run.parentId} />] as const]),
          ...(run.tags.length === 0
            ? []
            : [
                [
                  "Tags",
                  <span key="tags" className="flex flex-wrap gap-1">
                    {run.tags.map((tag) => (
                      <TagLabel key={tag} tag={tag} />
                    ))}
                  </span>,
                ] as const,
              ]),
        ]}
      />
      <Part title="Payload">
        {payload === null ? (
          <Faint>Too large to show here; the run's page has it.</Faint>
        ) : payload === "" ? (
          <Faint>None</Faint>
        ) : (
          <CodeBlock code={payload} label="Copy payload" className="max-h-80 overflow-auto" />
        )}
      </Part>
      {Object.keys(metadata).length === 0 ? null : (
        <Part title="Metadata">
          <CodeBlock code={formatJson(metadata)} label="Copy metadata" className="max-h-60 overflow-auto" />
        </Part>
      )}
      <LastLogs runId={run.id} />
    </div>
  );
}

const shownLogs = 10;
const levelLook: Record<string, string> = { error: "text-bad", warn: "text-needs", debug: "text-faint" };

function LastLogs({ runId }: { runId: string }) {
  const { data, loaded, failure } = useLiveTrace(runId);
  const logs = useMemo(() => data.items.filter((item) => item.kind === "log").slice(-shownLogs), [data]);
  return (
    <Part title="Last logs">
      {logs.length === 0 ? (
        <Faint>{failure === undefined ? (loaded ? "It has logged nothing so far." : "Loading…") : failure.error}</Faint>
      ) : (
        <ol className="rounded border border-line bg-panel py-1">
          {logs.map((log) => (
            <li key={log.seq} className="flex items-baseline gap-3 px-3">
              <Instant at={log.at} className="shrink-0 text-xs" />
              <OthersText
                text={log.name}
                className={cn("min-w-0 font-mono text-sm break-words whitespace-pre-wrap", levelLook[log.level ?? ""])}
              />
            </li>
          ))}
        </ol>
      )}
    </Part>
  );
}

export const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section>
    <h3 className="mb-1 text-sm font-medium text-faint">{title}</h3>
    {children}
  </section>
);
const Faint = ({ children }: { children: ReactNode }) => <p className="text-faint">{children}</p>;
