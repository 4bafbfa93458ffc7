"use client";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import type { Family } from "@/lib/contracts/families";
import { StateBar, statesText, statesWords } from "./state-bar";

/** The children of a run by what they do. Opens them as a list. */
export const FamilyBar = ({ family, className }: { family: Family; className?: string }) => (
  <Link
    href={`/runs?parent=${family.id}`}
    prefetch={false}
    title={`Child runs: ${statesWords(family)}`}
    data-family={family.id}
    className={cn("relative z-10 flex min-w-0 items-center gap-1.5 hover:underline", className)}
  >
    <StateBar states={family} className="w-12" />
    <span className={cn("truncate text-sm", family.failed > 0 ? "text-bad" : "text-muted")}>{statesText(family, family.more)}</span>
  </Link>
);
