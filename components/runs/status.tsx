import {
  Ban,
  Bug,
  Check,
  CircleDashed,
  ClockAlert,
  Clock3,
  Flame,
  GitBranch,
  Hand,
  Hourglass,
  Inbox,
  LoaderCircle,
  MoveRight,
  Package,
  TimerOff,
  X,
  type LucideIcon,
} from "lucide-react";
import type { RunRow } from "@/lib/contracts/run";
import type { ListedStatus, RunStatus } from "@/lib/contracts/run-status";
import { cn } from "@/components/ui/cn";
import { toneText, type Tone } from "@/components/ui/tone";

export interface StatusLook {
  word: string;
  tone: Tone;
  Icon: LucideIcon;
  /** The word is struck through: it will never run on. */
  struck?: boolean;
  /** The icon turns: something is being computed right now. */
  turns?: boolean;
}

export const statusLook: Record<RunStatus, StatusLook> = {
  DELAYED: { word: "Delayed", tone: "idle", Icon: Clock3 },
  QUEUED: { word: "Queued", tone: "idle", Icon: CircleDashed },
  PENDING_VERSION: { word: "Pending version", tone: "needs", Icon: Package },
  DEQUEUED: { word: "Dequeued", tone: "moving", Icon: MoveRight },
  EXECUTING: { word: "Executing", tone: "moving", Icon: LoaderCircle, turns: true },
  WAITING: { word: "Waiting", tone: "parked", Icon: Hourglass },
  COMPLETED: { word: "Completed", tone: "good", Icon: Check },
  CANCELED: { word: "Canceled", tone: "idle", Icon: Ban, struck: true },
  FAILED: { word: "Failed", tone: "bad", Icon: X },
  CRASHED: { word: "Crashed", tone: "bad", Icon: Flame },
  SYSTEM_FAILURE: { word: "System failure", tone: "bad", Icon: Bug },
  EXPIRED: { word: "Expired", tone: "idle", Icon: TimerOff, struck: true },
  TIMED_OUT: { word: "Timed out", tone: "bad", Icon: ClockAlert },
};

const needsAnswer: StatusLook = { word: "Needs answer", tone: "asks", Icon: Hand };
/** In filters. */
export const listedLook: Record<ListedStatus, StatusLook> = { ...statusLook, NEEDS_ANSWER: needsAnswer };

const waitingLook: Record<NonNullable<RunRow["waitingOn"]>, StatusLook> = {
  time: statusLook.WAITING,
  run: { word: "Waiting", tone: "parked", Icon: GitBranch },
  batch: { word: "Waiting", tone: "parked", Icon: GitBranch },
  token: needsAnswer,
  input: { word: "Waiting", tone: "parked", Icon: Inbox },
};

export const lookOf = (run: Pick<RunRow, "status" | "waitingOn">): StatusLook =>
  run.status === "WAITING" && run.waitingOn ? waitingLook[run.waitingOn] : statusLook[run.status];

export function StatusIcon({ run, className }: { run: Pick<RunRow, "status" | "waitingOn">; className?: string }) {
  const { Icon, tone, turns, word } = lookOf(run);
  return (
    <span title={word} className={cn("inline-flex shrink-0", toneText[tone], className)}>
      <Icon aria-hidden className={cn("size-3.5", turns && "turn")} />
      <span className="sr-only">{word}</span>
    </span>
  );
}

/** Icon, word and colour. */
export function StatusBadge({ run, className }: { run: Pick<RunRow, "status" | "waitingOn">; className?: string }) {
  const { Icon, tone, turns, word, struck } = lookOf(run);
  return (
    <span className={cn("inline-flex min-w-0 items-center gap-1.5 whitespace-nowrap", toneText[tone], className)}>
      <Icon aria-hidden className={cn("size-3.5 shrink-0", turns && "turn")} />
      <span className={cn("truncate", struck && "line-through decoration-1")}>{word}</span>
    </span>
  );
}
