"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { RunsPage } from "@/lib/contracts/dashboard";
import type { DeploymentLine } from "@/lib/contracts/deployments";
import { readableText } from "@/lib/view/readable-text";
import { StatusBadge } from "../runs/status";
import { getJson } from "../live/api";
import { OthersText } from "../ui/others-text";
import { ErrorState } from "../ui/state";
import { Link } from "../ui/link";

const shownRuns = 10;

/** What a version brought, what it asks for and does not get, and the newest runs that are on it. */
export function DeploymentDetail({ deployment, runs }: { deployment: DeploymentLine; runs: number }) {
  const { version, warnings, changes } = deployment;
  return (
    <div className="grid gap-x-8 gap-y-3 md:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-3">
        <Origin deployment={deployment} />
        {warnings.length === 0 ? null : (
          <Part title="Warnings">
            {warnings.map((warning) => (
              <li key={warning} className="break-words">
                {readableText(warning)}
              </li>
            ))}
          </Part>
        )}
        {deployment.status !== "DEPLOYED" ? null : changes === null ? (
          <p className="text-muted">The first version of this environment.</p>
        ) : (
          <>
            <Tasks title="New tasks" ids={changes.added} />
            <Tasks title="Tasks that are gone" ids={changes.removed} />
            {changes.changed.length === 0 ? null : (
              <Part title="Tasks declared otherwise">
                {changes.changed.map(({ id, what }) => (
                  <li key={id} className="break-words">
                    <OthersText text={id} className="font-mono" /> <span className="text-muted">{what.join(", ")}</span>
                  </li>
                ))}
              </Part>
            )}
            {changes.added.length + changes.removed.length + changes.changed.length === 0 ? (
              <p className="text-muted">The same tasks, declared the same: only their code is another one.</p>
            ) : null}
          </>
        )}
      </div>
      {deployment.status === "DEPLOYED" ? <LiveRuns version={version} runs={runs} /> : <Log lines={deployment.log} />}
    </div>
  );
}

/** Where the code comes from and who sent it; of one that failed, why. */
function Origin({ deployment: { git, createdBy, error } }: { deployment: DeploymentLine }) {
  return (
    <>
      {error === undefined ? null : <p className="break-words text-bad">{readableText(error)}</p>}
      {git?.commit === undefined ? null : (
        <p className="min-w-0 break-words">
          <span className="font-mono">{git.commit.slice(0, 10)}</span>
          {git.branch === undefined ? null : <> on {readableText(git.branch)}</>}
          {git.dirty === true ? <span className="text-faint"> with changes that are not committed</span> : null}
          {git.message === undefined ? null : <span className="block text-muted">{readableText(git.message)}</span>}
        </p>
      )}
      {createdBy === undefined ? null : <p className="text-muted">Sent by {readableText(createdBy)}</p>}
    </>
  );
}

const Log = ({ lines }: { lines: readonly string[] }) =>
  lines.length === 0 ? null : (
    <Part title="What the server said">
      {[...new Set(lines)].map((line) => (
        <li key={line} className="font-mono text-sm break-words">
          {readableText(line)}
        </li>
      ))}
    </Part>
  );

/** Read again whenever their number changes. */
function LiveRuns({ version, runs }: { version: string; runs: number }) {
  const query = new URLSearchParams([
    ["version", version],
    ["status", "EXECUTING"],
    ["status", "WAITING"],
    ["limit", String(shownRuns)],
  ]);
  const { data, error, refetch } = useQuery({
    queryKey: ["deployment runs", version, runs],
    queryFn: ({ signal }) => getJson<RunsPage>(`/api/dashboard/runs?${query}`, signal),
    placeholderData: keepPreviousData,
  });
  if (error !== null) return <ErrorState title="Its runs could not be read" detail={error.message} onRetry={() => void refetch()} />;
  if (data === undefined) return <p className="text-muted">Reading its runs…</p>;
  if (data.rows.length === 0) return <p className="text-muted">No run is on it now.</p>;
  return (
    <Part title={runs > data.rows.length ? `Runs on it, the newest ${data.rows.length} of ${runs}` : "Runs on it"}>
      {data.rows.map((row) => (
        <li key={row.id} className="flex min-w-0 items-center gap-2">
          <StatusBadge run={row} />
          <Link href={`/runs/${row.id}`} prefetch={false} className="truncate font-mono hover:underline">
            <OthersText text={row.task} />
          </Link>
        </li>
      ))}
    </Part>
  );
}

const Tasks = ({ title, ids }: { title: string; ids: readonly string[] }) =>
  ids.length === 0 ? null : (
    <Part title={title}>
      {ids.map((id) => (
        <li key={id} className="font-mono break-words">
          <OthersText text={id} />
        </li>
      ))}
    </Part>
  );

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="min-w-0">
    <h3 className="text-sm font-medium text-faint">{title}</h3>
    <ul className="mt-0.5 flex flex-col gap-0.5">{children}</ul>
  </div>
);
