"use client";
import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { Facets, RunsPage, TokensPage } from "@/lib/contracts/dashboard";
import type { ScopeThing } from "@/lib/tokens/scope-words";
import { getJson } from "../live/api";
import { Ago } from "../live/time";
import { StatusIcon } from "../runs/status";
import { cn } from "../ui/cn";
import { Input } from "../ui/input";
import { Skeleton } from "../ui/skeleton";
import { OthersText } from "../ui/others-text";

export interface ThingPickerProps {
  thing: ScopeThing;
  /** Of undefined: every one of the kind. */
  isChosen: (id: string | undefined) => boolean;
  onPick: (id: string | undefined) => void;
}

interface Choice {
  id: string;
  detail?: ReactNode;
}
const placeholders: Record<ScopeThing, string> = { run: "run_…", tag: "user_123", task: "my-task", batch: "batch_…", token: "waitpoint_…" };

/** Real things to choose from; an id can be typed too, for one that does not exist yet. */
export function ThingPicker({ thing, isChosen, onPick }: ThingPickerProps) {
  const [search, setSearch] = useState("");
  const choices = useChoices(thing, search.trim());
  const shown = choices.data?.filter((choice) => choice.id.toLowerCase().includes(search.trim().toLowerCase())) ?? [];
  const typed = search.trim();
  return (
    <div className="rounded border border-line">
      <Input
        aria-label={`Search ${thing}s`}
        value={search}
        placeholder={placeholders[thing]}
        className="rounded-b-none border-0 border-b border-line font-mono"
        spellCheck={false}
        onChange={(event) => setSearch(event.target.value)}
        onKeyDown={(event) => (event.key === "Enter" && typed !== "" ? onPick(typed) : undefined)}
      />
      <ul aria-label={`${thing}s`} className="h-56 overflow-y-auto">
        {typed !== "" && !shown.some((choice) => choice.id === typed) ? (
          <Row chosen={isChosen(typed)} onPick={() => onPick(typed)} label={typed} detail="as typed" />
        ) : null}
        {shown.map((choice) => (
          <Row key={choice.id} chosen={isChosen(choice.id)} onPick={() => onPick(choice.id)} label={choice.id} detail={choice.detail} />
        ))}
        {choices.isPending ? [1, 2, 3].map((key) => <Skeleton key={key} className="m-2 h-4" />) : null}
        {choices.error ? <li className="px-2.5 py-1.5 text-bad">{choices.error.message}</li> : null}
        {choices.data !== undefined && shown.length === 0 && typed === "" ? (
          <li className="px-2.5 py-1.5 text-faint">There is none yet. Type an id.</li>
        ) : null}
        <Row chosen={isChosen(undefined)} onPick={() => onPick(undefined)} label={`every ${thing}`} detail="also those to come" />
      </ul>
    </div>
  );
}

const Row = ({ chosen, onPick, label, detail }: { chosen: boolean; onPick: () => void; label: string; detail?: ReactNode }) => (
  <li>
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onPick}
      className={cn(
        "flex h-7 w-full items-center gap-2 px-2.5 text-left -outline-offset-2 hover:bg-hover",
        chosen && "bg-active hover:bg-active",
      )}
    >
      <OthersText text={label} className="min-w-0 flex-1 truncate font-mono text-sm" />
      {chosen ? <Check aria-hidden className="size-3.5 shrink-0 text-good" /> : null}
      {detail ? <span className="flex shrink-0 items-center gap-2 text-sm text-faint">{detail}</span> : null}
    </button>
  </li>
);

const readers: Record<ScopeThing, (search: string, signal: AbortSignal) => Promise<Choice[]>> = {
  run: async (search, signal) => {
    const prefix = search.startsWith("run_") ? `&id=${encodeURIComponent(search)}` : "";
    const { rows } = await getJson<RunsPage>(`/api/dashboard/runs?limit=30${prefix}`, signal);
    return rows.map((run) => ({
      id: run.id,
      detail: (
        <>
          <OthersText text={run.task} /> <StatusIcon run={run} /> <Ago at={run.createdAt} />
        </>
      ),
    }));
  },
  tag: async (_, signal) => (await getJson<Facets>("/api/dashboard/facets", signal)).tags.map((id) => ({ id })),
  task: async (_, signal) => (await getJson<Facets>("/api/dashboard/facets", signal)).tasks.map((id) => ({ id })),
  batch: async (_, signal) => {
    const { rows } = await getJson<RunsPage>("/api/dashboard/runs?limit=200", signal);
    const counts = new Map<string, number>();
    for (const { batchId } of rows) if (batchId !== undefined) counts.set(batchId, (counts.get(batchId) ?? 0) + 1);
    return [...counts].map(([id, count]) => ({ id, detail: `${count} recent runs` }));
  },
  token: async (_, signal) => {
    const { tokens } = await getJson<TokensPage>("/api/dashboard/tokens?status=WAITING", signal);
    return tokens.map((token) => ({ id: token.id, detail: <Ago at={token.createdAt} /> }));
  },
};

const useChoices = (thing: ScopeThing, search: string) => {
  // Only runs are searched by the server; the others are few.
  const asked = thing === "run" && search.startsWith("run_") ? search : "";
  return useQuery({
    queryKey: ["scope-choices", thing, asked],
    queryFn: ({ signal }) => readers[thing](asked, signal),
    staleTime: 10_000,
    placeholderData: (held, query) => (query?.queryKey[1] === thing ? held : undefined),
  });
};
