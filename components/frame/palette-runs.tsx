"use client";
import { useQuery } from "@tanstack/react-query";
import { Ban, CornerDownLeft, RotateCcw } from "lucide-react";
import { getJson, messageOf } from "@/components/live/api";
import { usePagePath } from "@/components/live/environment";
import { usePaced } from "@/components/live/hooks";
import { cancelHeld } from "@/components/runs/cancel-held";
import { canCancel, replayRun } from "@/components/runs/run-actions";
import { toast } from "@/components/ui/toast";
import type { RunPage, RunsPage } from "@/lib/contracts/dashboard";
import type { RunRow } from "@/lib/contracts/run";
import { shortId } from "@/lib/view/format";
import { useGo } from "./leaving";
import { useMayAct } from "./me";
import { Group, Row, type Act } from "./palette-row";

const shown = 5;
/** Fewer letters are the end of too many ids. */
const leastTyped = 3;
const askEveryMs = 150;

/** Runs whose id is this, or ends with it, and what can be done with each. */
export function FoundRuns({ typed, act }: { typed: string; act: Act }) {
  const asked = usePaced(typed.toLowerCase(), askEveryMs);
  const isId = /^run_[a-z0-9]+$/.test(asked);
  const isEnd = !isId && asked.length >= leastTyped && /^[a-z0-9]+$/.test(asked);
  const found = useQuery({
    queryKey: ["runs-by-id", asked],
    queryFn: ({ signal }) =>
      getJson<RunsPage>(`/api/dashboard/runs?${new URLSearchParams({ id: isId ? asked : `*${asked}`, limit: String(shown) })}`, signal),
    enabled: isId || isEnd,
  });
  if (!isId && !isEnd) return null;
  const rows = found.data?.rows ?? [];
  if (rows.length === 0) return null;
  return (
    <Group heading="Runs with this id">
      {rows.map((run) => (
        <Verbs key={run.id} run={run} typed={typed} act={act} name={`${run.task} ${rows.length === 1 ? run.id : shortId(run.id)}`} />
      ))}
    </Group>
  );
}

/** The run whose page is open. */
export function ThisRun({ act }: { act: Act }) {
  const [, id] = /^\/runs\/(run_\w+)$/.exec(usePagePath()) ?? [];
  const page = useQuery({
    queryKey: ["palette-run", id],
    queryFn: ({ signal }) => getJson<RunPage>(`/api/dashboard/runs/${id}`, signal),
    enabled: id !== undefined,
    gcTime: 0,
  });
  if (id === undefined || page.data === undefined) return null;
  return (
    <Group heading="This run">
      <Verbs run={page.data.detail} typed="this run" act={act} name="this run" />
    </Group>
  );
}

function Verbs({ run, typed, name, act }: { run: RunRow; typed: string; name: string; act: Act }) {
  const go = useGo();
  const { allowed } = useMayAct();
  const also = [typed, run.id];

  async function replay(): Promise<void> {
    try {
      const { id } = await replayRun(run.id);
      go(`/runs/${id}`);
    } catch (failure) {
      toast.error(`${run.task} was not replayed`, { description: messageOf(failure) });
    }
  }

  return (
    <>
      {name === "this run" ? null : (
        <Row Icon={CornerDownLeft} text={`Open ${name}`} also={also} onSelect={act(() => go(`/runs/${run.id}`))} />
      )}
      {allowed && canCancel(run) ? <Row Icon={Ban} text={`Cancel ${name}`} also={also} onSelect={act(() => void cancelHeld(run))} /> : null}
      {allowed ? <Row Icon={RotateCcw} text={`Replay ${name}`} also={also} onSelect={act(() => void replay())} /> : null}
    </>
  );
}
