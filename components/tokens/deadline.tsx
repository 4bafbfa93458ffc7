"use client";
import { Clock, Infinity as Endless } from "lucide-react";
import type { TokenRow } from "@/lib/contracts/token";
import { deadlineAt, type Deadline as State } from "@/lib/time/deadline";
import { useNow } from "../live/live-provider";
import { BothTimes } from "../live/time";
import { Tooltip } from "../ui/tooltip";
import { cn } from "../ui/cn";

const look: Record<State["urgency"], string> = { none: "text-faint", calm: "text-muted", soon: "text-needs", urgent: "text-bad" };

/** Time that is left to answer; ticks from the page's clock and stands still with it. */
export function Deadline({ token, className }: { token: Pick<TokenRow, "createdAt" | "timeoutAt">; className?: string }) {
  const now = useNow(token.timeoutAt === undefined ? null : 1_000);
  const { text, urgency } = deadlineAt(token, now);
  const Icon = urgency === "none" ? Endless : Clock;
  return (
    <Tooltip
      text={
        token.timeoutAt === undefined ? (
          "It waits until somebody answers"
        ) : (
          <span>
            Then it times out, and the run goes on without an answer:
            <BothTimes at={Date.parse(token.timeoutAt)} />
          </span>
        )
      }
    >
      <span className={cn("inline-flex items-center gap-1 font-mono whitespace-nowrap", look[urgency], className)}>
        <Icon aria-hidden className="size-3.5" />
        {text}
      </span>
    </Tooltip>
  );
}
