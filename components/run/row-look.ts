import {
  Activity,
  AlarmClock,
  Box,
  Ellipsis,
  Globe,
  Hand,
  Layers,
  Play,
  Radio,
  Repeat2,
  Split,
  Workflow,
  type LucideIcon,
} from "lucide-react";
import type { Tone } from "@/components/ui/tone";
import { lookOf } from "@/components/runs/status";
import { limits } from "@/lib/contracts/limits";
import type { RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/run-status";
import type { TraceRow } from "@/lib/trace/trace-rows";
import { formatCount, plural } from "@/lib/view/format";

/** Icon hints that spans carry. */
const icons: Record<string, LucideIcon> = {
  run: Workflow,
  attempt: Repeat2,
  hook: Box,
  wait: AlarmClock,
  trigger: Play,
  stream: Radio,
  http: Globe,
  custom: Activity,
};

export interface RowLook {
  Icon: LucideIcon;
  name: string;
  tone: Tone;
  /** It is computing right now. */
  turns: boolean;
}

/** Icon, name and colour of a line of the waterfall. */
export function lookOfRow(row: TraceRow, run: RunRow): RowLook {
  switch (row.kind) {
    case "self":
      return { ...ofRun(run), name: run.task };
    case "run":
      return { ...ofRun(row.run), name: row.run.task };
    case "group": {
      const size = row.total > limits.countedChildren ? `${formatCount(limits.countedChildren)}+` : formatCount(row.total);
      return { Icon: Layers, name: `${row.name} ×${size}`, tone: row.failed > 0 ? "bad" : row.live > 0 ? "moving" : "good", turns: false };
    }
    case "rest":
      return { Icon: Ellipsis, name: `${plural(row.count, "older run")} of ${row.name}`, tone: "idle", turns: false };
    case "span": {
      if (row.run) return { ...ofRun(row.run), name: row.span.name };
      const waits = row.span.icon === "wait";
      // Making and answering tokens are no waits for a person.
      const Icon =
        waits && row.span.name === "wait.forToken()"
          ? Hand
          : row.span.icon === "trigger" && typeof row.span.attributes.runCount === "number"
            ? Split
            : (icons[row.span.icon ?? "custom"] ?? Activity);
      const open = row.endMs === null && !isFinal(run.status);
      // An open span is doing what the run does.
      const tone = row.span.isError
        ? "bad"
        : open
          ? waits
            ? Icon === Hand
              ? "asks"
              : "parked"
            : lookOf(run).tone
          : waits
            ? "parked"
            : "good";
      return { Icon, name: row.span.name, tone, turns: false };
    }
  }
}

function ofRun(run: RunRow): Omit<RowLook, "name"> {
  const { Icon, tone, turns } = lookOf(run);
  return { Icon, tone, turns: turns ?? false };
}
