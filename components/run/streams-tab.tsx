"use client";
import { useQuery } from "@tanstack/react-query";
import { ArrowDown, Radio } from "lucide-react";
import { useMemo, useState } from "react";
import { getJson, messageOf } from "@/components/live/api";
import { useLiveStream, usePolling } from "@/components/live/hooks";
import { CopyButton } from "@/components/ui/copy";
import { NativeSelect } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { ErrorState } from "@/components/ui/state";
import type { RunDetail, StreamChunk } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import { plural } from "@/lib/view/format";
import { useFollow } from "./follow";
import { flowOf, partOf } from "./stream-text";
import { OthersText } from "@/components/ui/others-text";
import { Clock } from "@/components/live/time";
import { readableText, visibleText } from "@/lib/view/readable-text";

export function StreamsTab({ run, chosen, onChoose }: { run: RunDetail; chosen: string | null; onChoose: (key: string) => void }) {
  const key = run.streams.find((name) => name === chosen) ?? run.streams[0];
  if (key === undefined)
    return (
      <p className="p-4 text-faint">{isFinal(run.status) ? "The run wrote no streams." : "Streams show up here as the run writes them."}</p>
    );
  return <Stream key={key} run={run} name={key} onChoose={onChoose} />;
}

type Look = "text" | "list" | "raw";
/** A list of more than that is for a machine; the newest are shown. */
const shownParts = 500;

function Stream({ run, name, onChoose }: { run: RunDetail; name: string; onChoose: (key: string) => void }) {
  const { data: live, loaded, failure } = useLiveStream(run.id, name);
  const { interval, measure } = usePolling();
  const query = useQuery({
    queryKey: ["stream", run.id, name],
    queryFn: ({ signal }) =>
      measure(() =>
        getJson<{ chunks: StreamChunk[]; closed: boolean }>(
          `/api/dashboard/runs/${encodeURIComponent(run.id)}/streams/${encodeURIComponent(name)}`,
          signal,
        ),
      ),
    enabled: interval !== false && !loaded,
    refetchInterval: interval,
  });
  const source = loaded || !query.data ? live : query.data;
  // The live array grows in place.
  const chunks = useMemo(() => [...source.chunks], [source]);
  const flow = useMemo(() => flowOf(chunks), [chunks]);
  const [wanted, setWanted] = useState<Look | null>(null);
  const look = wanted ?? (flow === null ? "list" : "text");
  const isOpen = !isFinal(run.status) && !live.closed;
  const raw = (): string => chunks.map((chunk) => chunk.chunk).join("\n");

  return (
    <>
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        {run.streams.length > 1 ? (
          <NativeSelect aria-label="Stream" value={name} onChange={(event) => onChoose(event.target.value)} className="h-7 w-40">
            {run.streams.map((stream) => (
              <option key={stream} value={stream}>
                {readableText(stream)}
              </option>
            ))}
          </NativeSelect>
        ) : (
          <OthersText text={name} className="min-w-0 truncate font-mono" />
        )}
        <span className="flex items-center gap-1 text-sm text-faint">
          <Radio aria-hidden className={isOpen ? "size-3.5 text-moving" : "size-3.5"} />
          {plural(chunks.length + live.dropped, "part")}
          {isOpen ? ", open" : ""}
        </span>
        <div className="flex-1" />
        <Segmented
          label="Show as"
          value={look}
          onChange={setWanted}
          options={[
            { value: "text", label: "Text" },
            { value: "list", label: "List" },
            { value: "raw", label: "Raw" },
          ]}
        />
        <CopyButton text={() => (look === "text" ? (flow ?? raw()) : raw())} label="Copy stream" />
      </div>
      {live.dropped > 0 ? (
        <p className="shrink-0 border-b border-line px-4 py-1 text-sm text-faint">
          The oldest {plural(live.dropped, "part")} are not shown.
        </p>
      ) : null}
      {failure ? <ErrorState className="m-4" title="The stream cannot be followed" detail={failure.error} /> : null}
      {query.isError ? (
        <ErrorState
          className="m-4"
          title="The stream could not be read"
          detail={messageOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      ) : null}
      <Body chunks={chunks} look={look} flow={flow} />
    </>
  );
}

function Body({ chunks, look, flow }: { chunks: readonly StreamChunk[]; look: Look; flow: string | null }) {
  const { box, following, onScroll, follow } = useFollow(chunks);
  const newest = chunks.slice(-shownParts);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div ref={box} onScroll={onScroll} aria-live="off" className="min-h-0 flex-1 overflow-auto p-4" data-stream>
        {look === "text" ? (
          <p className="break-words whitespace-pre-wrap">
            {flow === null ? <span className="text-faint">Nothing in this stream is text.</span> : <OthersText text={flow} />}
          </p>
        ) : look === "raw" ? (
          <pre className="font-mono text-sm break-words whitespace-pre-wrap">
            {visibleText(newest.map((chunk) => chunk.chunk).join("\n"))}
          </pre>
        ) : (
          <ol className="font-mono text-sm">
            {newest.map((chunk) => (
              <li key={chunk.index} className="flex gap-3 border-b border-line py-1">
                <span className="w-10 shrink-0 text-right text-faint">{chunk.index}</span>
                <Clock atMs={Date.parse(chunk.at)} className="shrink-0 text-faint" />
                <OthersText text={display(chunk.chunk)} className="min-w-0 break-words whitespace-pre-wrap" />
              </li>
            ))}
          </ol>
        )}
      </div>
      {following ? null : (
        <button
          type="button"
          onClick={follow}
          className="appear absolute right-4 bottom-3 flex h-7 items-center gap-1.5 rounded-full bg-inverse px-3 font-medium text-inverse-fg shadow-float"
        >
          <ArrowDown aria-hidden className="size-3.5" />
          Follow
        </button>
      )}
    </div>
  );
}

function display(chunk: string): string {
  const part = partOf(chunk);
  return typeof part === "string" ? part : JSON.stringify(part, null, 2);
}
