"use client";
import { CloudOff } from "lucide-react";
import { useAnswers, useLink } from "@/components/live/hooks";
import { useLive } from "@/components/live/live-provider";
import { Button } from "@/components/ui/button";
import { formatClock } from "@/lib/view/format";
import type { ReactNode } from "react";

/** The page. While the server does not answer it is the last good view: dimmed, with the time at which it froze. */
export function Frozen({ children }: { children: ReactNode }) {
  const answers = useAnswers();
  const live = useLive();
  // Renders again with each attempt.
  useLink();
  const heard = live?.lastHeardAt();
  return (
    <>
      {answers ? null : (
        <output data-frozen className="flex items-center gap-2 border-b border-needs/40 bg-needs-soft px-4 py-1 text-needs">
          <CloudOff aria-hidden className="size-4 shrink-0" />
          <span className="min-w-0 flex-1">
            The server does not answer.
            {heard === undefined ? null : (
              <>
                {" "}
                This is the page as of <span className="font-mono">{formatClock(heard, "local").slice(0, 8)}</span>; it goes on by itself.
              </>
            )}
          </span>
          <Button size="sm" className="text-fg" onClick={() => live?.retryNow()}>
            Try now
          </Button>
        </output>
      )}
      <main
        id="main"
        tabIndex={-1}
        className={answers ? "flex min-h-0 flex-1 flex-col outline-none" : "frozen flex min-h-0 flex-1 flex-col outline-none"}
      >
        {children}
      </main>
    </>
  );
}
