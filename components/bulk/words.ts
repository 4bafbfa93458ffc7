import type { Tone } from "@/components/ui/tone";
import type { BulkRow, BulkVerb } from "@/lib/contracts/bulk";
import { plural } from "@/lib/view/format";

interface Words {
  action: string;
  doing: string;
  past: string;
  /** What happens to each run. */
  means: string;
  /** Why a run is left alone. */
  not: string;
}
export const bulkWords: Record<BulkVerb, Words> = {
  cancel: {
    action: "Cancel",
    doing: "Canceling",
    past: "Canceled",
    means: "They stop now; their child runs stop too.",
    not: "finished already",
  },
  replay: {
    action: "Replay",
    doing: "Replaying",
    past: "Replayed",
    means: "Each is triggered again with the same payload and options.",
    not: "not finished yet",
  },
};

export const bulkLook: Record<BulkRow["status"], { word: string; tone: Tone }> = {
  PENDING: { word: "Working", tone: "moving" },
  COMPLETED: { word: "Done", tone: "good" },
  ABORTED: { word: "Aborted", tone: "idle" },
};

/** Its name, or what it does. */
export const titleOf = (row: BulkRow): string => row.name ?? `${bulkWords[row.action].action} ${plural(row.total, "run")}`;
/** Runs that have had their turn. */
export const handled = (row: BulkRow): number => row.done + row.skipped + row.failed;
