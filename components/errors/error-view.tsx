"use client";
import { Spark } from "@/components/ui/spark";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTabState } from "@/components/frame/tab-state";
import { getJson, messageOf } from "@/components/live/api";
import { usePolling, useReadAgain } from "@/components/live/hooks";
import { Ago, useZone } from "@/components/live/time";
import { ErrorTold } from "@/components/run/error-told";
import { RecentRuns } from "@/components/runs/recent-runs";
import { CopyValue } from "@/components/ui/copy";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { Facts, PanelHead } from "@/components/ui/page";
import { ErrorState } from "@/components/ui/state";
import { TagLabel } from "@/components/ui/tag";
import { toneText } from "@/components/ui/tone";
import type { ErrorDetail, ErrorRow } from "@/lib/contracts/error-group";
import { formatCount, formatInstant, plural } from "@/lib/view/format";
import { ErrorActions } from "./error-actions";
import { errorLook, howOften, ignoredWords } from "./words";

/** Hours that its occurrences are shown over. */
const shownHours = 168;

export function ErrorView({ id, initial }: { id: string; initial: ErrorDetail }) {
  const { interval, measure } = usePolling();
  const queryKey = ["error", id];
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      measure(() => getJson<ErrorDetail>(`/api/dashboard/errors/${encodeURIComponent(id)}?hours=${shownHours}`, signal)),
    initialData: initial,
    refetchInterval: interval,
  });
  useReadAgain("errors", queryKey);
  const { error, sample, sampleRun, versions, tags } = query.data;
  const look = errorLook[error.status];
  useTabState(`${look.word}: ${error.name ?? "error"} in ${error.task}`, look.tone);
  const filter = useMemo(() => ({ error: id }), [id]);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2 border-b border-line px-4 py-3">
        <div className="min-w-0 flex-1 basis-72">
          <h1 className="line-clamp-3 text-lg font-semibold break-words">
            <OthersText text={error.message === "" ? "(no message)" : error.message} />
          </h1>
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
            <span data-status={error.status} className={toneText[look.tone]}>
              {look.word}
            </span>
            <span>{howOften(error)}</span>
            <Link href={`/tasks/${encodeURIComponent(error.task)}`} prefetch={false} className="font-mono text-sm underline">
              <OthersText text={error.task} />
            </Link>
            <CopyValue text={error.id} className="text-sm" />
          </p>
          <Decision error={error} />
        </div>
        <ErrorActions error={error} onChanged={() => void query.refetch()} />
      </header>
      {query.error === null ? null : (
        <ErrorState
          className="m-4"
          title="The newest state could not be read"
          detail={messageOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
      <Occurrences detail={query.data} />
      <div className="grid lg:grid-cols-2">
        <section aria-label="Runs" className="min-w-0 border-line lg:border-r">
          <PanelHead title="Runs" detail="newest first">
            <Link href={`/runs?error=${error.id}`} prefetch={false} className="text-sm underline">
              All runs
            </Link>
          </PanelHead>
          <RecentRuns filter={filter} none="None of its runs is stored any more." />
        </section>
        <section aria-label="Newest occurrence" className="min-w-0">
          <PanelHead title="Newest occurrence">
            {sampleRun === undefined ? null : (
              <Link href={`/runs/${sampleRun}?tab=error`} prefetch={false} className="font-mono text-sm underline">
                {sampleRun}
              </Link>
            )}
          </PanelHead>
          <div className="px-4 py-3">
            <ErrorTold error={sample} />
          </div>
          <PanelHead title="Versions" className="border-t" />
          {versions.length === 0 ? <p className="px-4 py-3 text-faint">Its runs had no version.</p> : null}
          <ul className="py-1">
            {versions.map((one) => (
              <li key={one.version} className="flex gap-3 px-4 py-1">
                <span className="min-w-0 flex-1 truncate font-mono">{one.version}</span>
                <span className="font-mono">{formatCount(one.count)}</span>
              </li>
            ))}
          </ul>
          <PanelHead title="Tags" detail={tags.length === 0 ? undefined : "of its newest runs"} className="border-t" />
          <p className="flex flex-wrap gap-1 px-4 py-3">
            {tags.length === 0 ? <span className="text-faint">None.</span> : null}
            {tags.map(({ tag, count }) => (
              <Link
                key={tag}
                href={`/runs?error=${error.id}&tag=${encodeURIComponent(tag)}`}
                prefetch={false}
                className="inline-flex max-w-full items-center gap-1"
              >
                <TagLabel tag={tag} />
                <span className="font-mono text-sm text-faint">{formatCount(count)}</span>
              </Link>
            ))}
          </p>
        </section>
      </div>
    </div>
  );
}

/** Who decided what about it. */
function Decision({ error }: { error: ErrorRow }) {
  if (error.status === "ignored") {
    return (
      <p className="text-muted">
        <OthersText text={ignoredWords(error)} />
      </p>
    );
  }
  if (error.status === "regressed") return <p className="text-bad">It was resolved, and has come back in a newer version.</p>;
  if (error.status !== "resolved") return null;
  return (
    <p className="text-muted">
      Resolved {error.resolvedVersion === undefined ? "" : `in ${error.resolvedVersion} `}by{" "}
      <OthersText text={error.changedBy ?? "somebody"} />; it opens again when a newer version has it.
    </p>
  );
}

function Occurrences({ detail: { error, points, stepHours } }: { detail: ErrorDetail }) {
  const zone = useZone();
  const total = points.reduce((sum, point) => sum + point.count, 0);
  const [first] = points;
  return (
    <section aria-label="Occurrences" className="grid gap-x-8 gap-y-3 border-b border-line px-4 py-3 md:grid-cols-[minmax(0,1fr)_18rem]">
      <div>
        <Spark
          color="var(--bad-bar)"
          values={points.map((point) => point.count)}
          words={`Seen ${plural(total, "time")} in 7 days, in steps of ${stepHours} h`}
          className="h-16 w-full"
        />
        <p className="flex justify-between text-sm text-faint">
          <span>{first === undefined ? "" : formatInstant(Date.parse(first.at), zone).slice(5, 16)}</span>
          <span>now</span>
        </p>
      </div>
      <Facts
        facts={[
          ["Seen", `${plural(error.count, "time")}, ${formatCount(total)} in 7 days`],
          ["First seen", <Ago key="first" at={error.firstSeen} />],
          ["Last seen", <Ago key="last" at={error.lastSeen} />],
          [
            "First version",
            <span key="from" className="font-mono">
              {error.firstVersion ?? "–"}
            </span>,
          ],
          [
            "Last version",
            <span key="to" className="font-mono">
              {error.lastVersion ?? "–"}
            </span>,
          ],
        ]}
      />
    </section>
  );
}
