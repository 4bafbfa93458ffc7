"use client";
import { Play, SearchX } from "lucide-react";
import { NothingDeployed } from "@/components/deployments/nothing-deployed";
import { useMe } from "@/components/frame/me";
import { useZone } from "@/components/live/time";
import { Button } from "@/components/ui/button";
import { Link } from "@/components/ui/link";
import { EmptyState } from "@/components/ui/state";
import { emptyView, isEmptyView, type RunsView } from "@/lib/runs/run-filter";
import { wordOf } from "@/lib/runs/run-filter-text";
import { searchedText } from "@/lib/runs/searched";
import { chipsOf } from "./filter-input";
import { OthersText } from "@/components/ui/others-text";

/** No runs at all, or none that fit: then the chips that could go. */
export function RunsEmpty({ view, onChange }: { view: RunsView; onChange: (next: RunsView) => void }) {
  const zone = useZone();
  const me = useMe();
  const searched = searchedText(view);
  if (isEmptyView(view) && me.deployment === null && !me.environment.isMain) return <NothingDeployed me={me} />;
  if (isEmptyView(view)) {
    return (
      <EmptyState
        icon={<Play />}
        title="No runs yet"
        action={
          <Button look="primary" asChild>
            <Link href="/test">Trigger a task</Link>
          </Button>
        }
      >
        Trigger one of your tasks with a sample payload, or call <code className="font-mono">tasks.trigger()</code> from your application.
        Runs show up here as they start.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<SearchX />}
      title="No run fits these filters"
      action={<Button onClick={() => onChange(emptyView)}>Clear all filters</Button>}
    >
      {searched === null ? null : <p className="mb-2">{searched}</p>}
      <p className="mb-2">Take one away:</p>
      <div className="flex flex-wrap justify-center gap-1">
        {chipsOf(view, zone).map((chip) => (
          <Button key={`${chip.key} ${chip.value}`} size="sm" onClick={() => onChange(chip.without)} className="max-w-60">
            <span className="text-faint">{wordOf(chip.key)}</span>
            <OthersText text={chip.text} className="truncate" />
          </Button>
        ))}
      </div>
    </EmptyState>
  );
}
