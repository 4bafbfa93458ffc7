"use client";
import { Bookmark, Users } from "lucide-react";
import { useSearchParams } from "next/navigation";
import { usePagePath } from "@/components/live/environment";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { listQuery } from "@/lib/runs/run-columns";
import { formatCount } from "@/lib/view/format";
import { useViewCounts, useViews } from "./use-views";

/** Saved views with what each finds now. */
export function SavedViews({ onNavigate }: { onNavigate: (() => void) | undefined }) {
  const views = useViews();
  const counts = useViewCounts(views);
  const isList = usePagePath() === "/runs";
  const shown = listQuery(useSearchParams());
  if (views.length === 0) return null;
  return (
    <ul aria-label="Saved views" className="pb-2">
      <li className="px-2 pt-2 pb-1 text-sm text-faint">Views</li>
      {views.map((view) => {
        const count = counts[view.id];
        const isCurrent = isList && view.query === shown;
        const Icon = view.shared ? Users : Bookmark;
        return (
          <li key={view.id}>
            <Link
              href={`/runs?${view.query}`}
              prefetch={false}
              aria-current={isCurrent ? "page" : undefined}
              title={view.shared ? `Shared by ${view.by}` : "Only yours"}
              {...(onNavigate ? { onClick: onNavigate } : {})}
              className={cn(
                "flex h-8 items-center gap-2 rounded px-2 text-muted hover:bg-hover hover:text-fg",
                isCurrent && "bg-active font-medium text-fg hover:bg-active",
              )}
            >
              <Icon aria-hidden className="size-4 shrink-0" />
              <OthersText text={view.name} className="min-w-0 flex-1 truncate" />
              {count === undefined ? null : (
                <span data-view-count className="font-mono text-sm text-faint">
                  {formatCount(count.count)}
                  {count.more ? "+" : ""}
                  <span className="sr-only"> runs</span>
                </span>
              )}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
