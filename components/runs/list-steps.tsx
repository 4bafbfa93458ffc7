"use client";
import { ChevronDown, ChevronUp } from "lucide-react";
import { useGo } from "@/components/frame/leaving";
import { useShortcut } from "@/components/frame/shortcuts";
import { useSubscribable } from "@/components/live/live-provider";
import { IconButton } from "@/components/ui/button";
import { neighboursOf, place } from "./place";

/** From a run to the ones beside it in the list that it was opened from. Back leads to the list all the same. */
export function ListSteps({ id }: { id: string }) {
  const go = useGo();
  const found = neighboursOf(useSubscribable(place, null), id);
  const step = (to: string | undefined) => (): void => {
    const left = place.getSnapshot();
    if (to === undefined || left === null) return;
    place.set({ ...left, cursor: to });
    go(`/runs/${to}`, "replace");
  };
  const previous = step(found?.previous);
  const next = step(found?.next);
  useShortcut(",", { label: "Previous run of the list", group: "Run", run: previous });
  useShortcut(".", { label: "Next run of the list", group: "Run", run: next });
  if (found === null) return null;
  return (
    <div className="flex items-center">
      <IconButton label="Previous run of the list" hint="," size="icon-sm" disabled={found.previous === undefined} onClick={previous}>
        <ChevronUp className="size-4" />
      </IconButton>
      <IconButton label="Next run of the list" hint="." size="icon-sm" disabled={found.next === undefined} onClick={next}>
        <ChevronDown className="size-4" />
      </IconButton>
      <span className="ml-1 hidden font-mono text-sm whitespace-nowrap text-faint md:inline">
        {found.position} of {found.of}
      </span>
    </div>
  );
}
