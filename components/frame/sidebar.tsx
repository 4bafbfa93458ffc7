"use client";
import { PanelLeft } from "lucide-react";
import { Fragment } from "react";
import { usePagePath } from "@/components/live/environment";
import { useCounts } from "@/components/live/hooks";
import { IconButton } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import { Tooltip } from "@/components/ui/tooltip";
import { SavedViews } from "@/components/views/saved-views";
import type { Me } from "@/lib/contracts/dashboard";
import { formatCount } from "@/lib/view/format";
import { entryOf, nav, navGroups, type NavEntry } from "./nav";
import { UserMenu } from "./user-menu";

export interface SidebarProps {
  me: Me;
  collapsed: boolean;
  onCollapse: (collapsed: boolean) => void;
  onNavigate?: () => void;
}

export function Sidebar({ me, collapsed, onCollapse, onNavigate }: SidebarProps) {
  const current = entryOf(usePagePath());
  const groups = [...new Set(nav.map((entry) => entry.group))];
  return (
    <div className="flex h-full flex-col">
      <div className={cn("flex h-12 shrink-0 items-center gap-2 border-b border-line px-3", collapsed && "justify-center px-0")}>
        {collapsed ? null : (
          <Link href="/runs" className="flex min-w-0 flex-1 items-center gap-2 text-lg font-semibold">
            <Mark />
            Signalbox
          </Link>
        )}
        <IconButton
          label={collapsed ? "Expand sidebar" : "Collapse sidebar"}
          hint="["
          size="icon-sm"
          onClick={() => onCollapse(!collapsed)}
          aria-expanded={!collapsed}
        >
          <PanelLeft className="size-4" />
        </IconButton>
      </div>
      <nav aria-label="Pages" className="min-h-0 flex-1 overflow-y-auto px-2 py-2">
        {groups.map((group) => (
          <Fragment key={group}>
            <ul className="pb-2">
              {navGroups[group] && !collapsed ? <li className="px-2 pt-2 pb-1 text-sm text-faint">{navGroups[group]}</li> : null}
              {nav
                .filter((entry) => entry.group === group)
                .map((entry) => (
                  <li key={entry.href}>
                    <Entry entry={entry} collapsed={collapsed} current={entry === current} onNavigate={onNavigate} />
                  </li>
                ))}
            </ul>
            {group === "work" && !collapsed ? <SavedViews onNavigate={onNavigate} /> : null}
          </Fragment>
        ))}
      </nav>
      <UserMenu me={me} collapsed={collapsed} />
    </div>
  );
}

/** A semaphore signal: post, arm and lamp. */
const Mark = () => (
  <svg viewBox="0 0 16 16" aria-hidden className="size-4 shrink-0">
    <rect x="3" y="1" width="2" height="14" rx="1" fill="currentColor" />
    <rect x="5" y="2.5" width="9" height="4" rx="1" fill="var(--bad-bar)" />
    <circle cx="9" cy="11" r="2" fill="var(--good-bar)" />
  </svg>
);

function Entry({
  entry,
  collapsed,
  current,
  onNavigate,
}: {
  entry: NavEntry;
  collapsed: boolean;
  current: boolean;
  onNavigate: (() => void) | undefined;
}) {
  const { Icon } = entry;
  const link = (
    <Link
      href={entry.href}
      aria-current={current ? "page" : undefined}
      {...(onNavigate ? { onClick: onNavigate } : {})}
      className={cn(
        "relative flex h-8 items-center gap-2 rounded px-2 text-muted hover:bg-hover hover:text-fg",
        current && "bg-active font-medium text-fg hover:bg-active",
        collapsed && "justify-center",
      )}
    >
      <Icon aria-hidden className="size-4 shrink-0" />
      <span className={collapsed ? "sr-only" : "flex-1"}>{entry.title}</span>
      {entry.count === "queuesHeld" ? (
        <HeldQueues collapsed={collapsed} />
      ) : entry.count ? (
        <Count what={entry.count} collapsed={collapsed} />
      ) : null}
    </Link>
  );
  return collapsed ? (
    <Tooltip text={entry.title} side="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}

const countWords = { running: "running now", tokensWaiting: "waiting for an answer" } as const;

/** Queues that start nothing: somebody paused them, or all of them, or their limit is reached while runs wait. */
function HeldQueues({ collapsed }: { collapsed: boolean }) {
  const { queuesPaused = 0, queuesFull = 0, environment } = useCounts().data ?? {};
  const isPaused = environment?.paused === true;
  if (queuesPaused + queuesFull === 0 && !isPaused) return null;
  if (collapsed)
    return queuesPaused > 0 || isPaused ? <span aria-hidden className="absolute top-1 right-1 size-1.5 rounded-full bg-needs-bar" /> : null;
  return (
    <span className="flex gap-1 text-sm whitespace-nowrap" data-count="queuesHeld">
      {queuesPaused > 0 || isPaused ? (
        <span className="rounded-full bg-needs-soft px-1.5 text-needs">{isPaused ? "all" : formatCount(queuesPaused)} paused</span>
      ) : null}
      {queuesFull > 0 ? <span className="text-faint">{formatCount(queuesFull)} full</span> : null}
    </span>
  );
}

function Count({ what, collapsed }: { what: keyof typeof countWords; collapsed: boolean }) {
  const counts = useCounts().data;
  const count = counts?.[what] ?? 0;
  const asks = what === "tokensWaiting" && count > 0;
  if (collapsed) return asks ? <span aria-hidden className="absolute top-1 right-1 size-1.5 rounded-full bg-asks-bar" /> : null;
  return (
    <span
      className={cn("font-mono text-sm", asks ? "rounded-full bg-asks-soft px-1.5 text-asks" : "text-faint", count === 0 && "invisible")}
      data-count={what}
    >
      {formatCount(count)}
      <span className="sr-only"> {countWords[what]}</span>
    </span>
  );
}
