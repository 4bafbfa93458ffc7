"use client";
import { useFreshness, useLink } from "@/components/live/hooks";
import { useLive } from "@/components/live/live-provider";
import { cn } from "@/components/ui/cn";
import { Tooltip } from "@/components/ui/tooltip";
import { toneBar, toneText, type Tone } from "@/components/ui/tone";
import type { LinkStatus } from "@/lib/client/sync";
import { slowMs } from "@/lib/client/freshness";
import { formatClock, formatDuration } from "@/lib/view/format";
import { useHeld } from "./held";
import { reload } from "./leaving";

interface Look {
  tone: Tone;
  word: string;
  says: string;
}

const looks: Record<LinkStatus["phase"], Look> = {
  connecting: { tone: "idle", word: "connecting", says: "Opening the live connection." },
  live: {
    tone: "good",
    word: "live",
    says: "Everything on this page is current. The number is the time from commit to paint, measured here.",
  },
  catchingUp: { tone: "moving", word: "catching up", says: "Connected again; what was missed is on its way." },
  silent: { tone: "needs", word: "no answer", says: "The server has stopped answering. Clocks stand still until it does." },
  reconnecting: { tone: "needs", word: "reconnecting", says: "The live connection is lost. Clocks stand still until it is back." },
  polling: { tone: "needs", word: "polling", says: "The live connection cannot be made, so pages ask the server every few seconds." },
  closed: { tone: "bad", word: "signed out", says: "The server ended the connection. Reload the page to sign in again." },
};

const closedWords: Record<NonNullable<LinkStatus["reason"]>, Look> = {
  closed: looks.closed,
  unauthorized: looks.closed,
  expired: looks.closed,
  protocol: { tone: "needs", word: "new version", says: "The server was updated. Reload the page to go on." },
};

/** The truth about how fresh the page is. */
export function FreshnessPill() {
  const link = useLink();
  const fresh = useFreshness();
  const live = useLive();
  const held = useHeld();
  const look = link.reason ? closedWords[link.reason] : looks[link.phase];
  const paused = link.phase === "live" && held !== null;
  const heard = live?.lastHeardAt();
  const isStale = link.phase === "silent" || link.phase === "reconnecting" || link.phase === "closed" || link.phase === "polling";
  const measured = link.phase === "live" ? fresh : null;
  const isSlow = measured !== null && measured.medianMs > slowMs;
  const word = paused
    ? held.news > 0
      ? `paused: ${held.news} new`
      : "paused"
    : measured
      ? `live ${formatDuration(Math.round(measured.medianMs))}`
      : look.word;
  const tone: Tone = paused || isSlow ? "needs" : look.tone;
  const says = paused ? held.why : isStale && heard !== undefined ? `${look.says} Last update ${formatClock(heard, "local")}.` : look.says;
  const canAct = link.phase === "reconnecting" || link.phase === "polling" || link.phase === "closed";
  return (
    <Tooltip text={says}>
      <button
        type="button"
        onClick={() => (link.phase === "closed" ? reload() : canAct ? live?.retryNow() : undefined)}
        data-freshness={paused ? "paused" : link.phase}
        className={cn(
          "inline-flex h-6 w-24 shrink-0 items-center justify-end gap-1.5 rounded-full font-mono text-sm whitespace-nowrap md:w-32",
          toneText[tone],
        )}
      >
        <span aria-hidden className={cn("size-2 rounded-full", toneBar[tone], tone !== "good" && "breathe")} />
        <span>{word}</span>
        <output className="sr-only">{paused ? "paused" : look.word}</output>
      </button>
    </Tooltip>
  );
}
