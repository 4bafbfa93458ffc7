"use client";
import Link from "next/link";
import { cn } from "@/components/ui/cn";
import { toneBar, type Tone } from "@/components/ui/tone";
import type { Family } from "@/lib/contracts/families";
import { formatCount } from "@/lib/view/format";

const parts: readonly { of: "done" | "failed" | "running" | "waiting" | "stopped"; tone: Tone; word: string }[] = [
  { of: "done", tone: "good", word: "done" },
  { of: "failed", tone: "bad", word: "failed" },
  { of: "running", tone: "moving", word: "running" },
  { of: "waiting", tone: "parked", word: "waiting" },
  { of: "stopped", tone: "idle", word: "stopped" },
];

/** `18/25 done, 1 failed`, as words. */
export function familyText(family: Family): string {
  const total = `${formatCount(family.total)}${family.more ? "+" : ""}`;
  const others = (["failed", "stopped"] as const).filter((of) => family[of] > 0).map((of) => `${formatCount(family[of])} ${of}`);
  return [`${formatCount(family.done)}/${total} done`, ...others].join(", ");
}

/** The children of a run by what they do; what waits to start is the empty rest. Opens them as a list. */
export function FamilyBar({ family, className }: { family: Family; className?: string }) {
  const all = parts.filter(({ of }) => family[of] > 0).map(({ of, word }) => `${formatCount(family[of])} ${word}`);
  return (
    <Link href={`/runs?parent=${family.id}`} prefetch={false} title={`Child runs: ${all.join(", ") || "none has started"}`} data-family={family.id} className={cn("relative z-10 flex min-w-0 items-center gap-1.5 hover:underline", className)}>
      <span aria-hidden className="flex h-1.5 w-12 shrink-0 overflow-hidden rounded-full bg-active">
        {parts.map(({ of, tone }) => (family[of] === 0 ? null : <span key={of} className={toneBar[tone]} style={{ width: `${(family[of] / Math.max(1, family.total)) * 100}%` }} />))}
      </span>
      <span className={cn("truncate text-sm", family.failed > 0 ? "text-bad" : "text-muted")}>{familyText(family)}</span>
    </Link>
  );
}
