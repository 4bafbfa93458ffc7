"use client";
import { Menu as MenuIcon, Search } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { usePagePath } from "@/components/live/environment";
import { useAnswers } from "@/components/live/hooks";
import { useSubscribable } from "@/components/live/live-provider";
import { place } from "@/components/runs/place";
import { Button, IconButton } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { lazilyDialog, Sheet } from "@/components/ui/dialog";
import { Keys } from "@/components/ui/kbd";
import { Link, LinkBase } from "@/components/ui/link";
import { loadParts, resumeParts } from "@/components/ui/parts";
import type { Me } from "@/lib/contracts/dashboard";
import { environmentPath } from "@/lib/view/environment-path";
import { Environment } from "./environment";
import { rememberEnvironment } from "./environment-cookie";
import { FreshnessPill } from "./freshness-pill";
import { Frozen } from "./frozen";
import { HeldProvider } from "./held";
import { useGo, useLeaving } from "./leaving";
import { MeContext } from "./me";
import { entryOf, nav, type NavEntry } from "./nav";
import { Notices } from "./notices";
import { ShortcutsProvider, useShortcut } from "./shortcuts";
import { Sidebar } from "./sidebar";
import { UndoBar } from "./undo-bar";

const Palette = lazilyDialog(async () => (await import("./palette")).Palette);

/** The first load is over, also on slow machines. */
const firstLoadMs = 1_500;

/** What a page may open is here before anybody opens it, so that it opens at once, and without a connection too. */
function useParts(pathname: string): void {
  const answers = useAnswers();
  useEffect(() => {
    if (!answers) return undefined;
    resumeParts();
    const timer = setTimeout(() => {
      void loadParts().then((all) => {
        if (all) document.documentElement.dataset.parts = "here";
      });
    }, firstLoadMs);
    return () => clearTimeout(timer);
    // Another page brings other parts.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [pathname, answers]);
}

export interface FrameProps {
  me: Me;
  /** From the cookie `sidebar`, so that nothing moves after the first paint. */
  collapsed: boolean;
  children: ReactNode;
}

export function Frame({ me, collapsed, children }: FrameProps) {
  const base = environmentPath(me.environment);
  return (
    <MeContext.Provider value={me}>
      <LinkBase.Provider value={base}>
        <HeldProvider>
          <ShortcutsProvider>
            <Body me={me} collapsed={collapsed}>
              {children}
            </Body>
          </ShortcutsProvider>
        </HeldProvider>
      </LinkBase.Provider>
    </MeContext.Provider>
  );
}

function Body({ me, collapsed: initial, children }: FrameProps) {
  const pathname = usePagePath();
  const [collapsed, setCollapsed] = useState(initial);
  const [menu, setMenu] = useState(false);
  const [switching, setSwitching] = useState(false);
  const [palette, setPalette] = useState<"closed" | "open">("closed");

  const collapse = (next: boolean): void => {
    setCollapsed(next);
    document.cookie = `sidebar=${next ? "collapsed" : "open"}; path=/; max-age=31536000; samesite=lax`;
  };
  useShortcut("mod+k", { label: "Search and commands", group: "Everywhere", run: () => setPalette("open") });
  useShortcut("[", { label: "Collapse sidebar", group: "Everywhere", run: () => collapse(!collapsed) });

  useEffect(() => rememberEnvironment(me.environment.slug), [me.environment.slug]);
  useShortcut("g x", { label: "Environments", group: "Everywhere", run: () => setSwitching(true) });

  useLeaving();
  useParts(pathname);

  return (
    <div className="flex h-dvh">
      <a
        href="#main"
        className="sr-only z-50 rounded bg-raised px-3 py-2 shadow-float focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      {nav.map((entry) => (
        <GoTo key={entry.href} entry={entry} />
      ))}
      <aside className={cn("hidden shrink-0 border-r border-line bg-panel md:block", collapsed ? "w-12" : "w-52")}>
        <Sidebar me={me} collapsed={collapsed} onCollapse={collapse} />
      </aside>
      <Sheet open={menu} onOpenChange={setMenu} title="Pages">
        <Sidebar me={me} collapsed={false} onCollapse={() => setMenu(false)} onNavigate={() => setMenu(false)} />
      </Sheet>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line px-2 md:gap-2 md:px-4">
          <IconButton label="Pages" className="md:hidden" onClick={() => setMenu(true)}>
            <MenuIcon className="size-4" />
          </IconButton>
          <Environment me={me} open={switching} onOpenChange={setSwitching} />
          <Title />
          <div className="flex-1" />
          <Button
            look="ghost"
            onClick={() => setPalette("open")}
            className="border border-line font-normal text-faint md:w-72 md:justify-start"
          >
            <Search aria-hidden className="size-3.5 shrink-0" />
            <span className="flex-1 text-left max-md:sr-only">Search runs, tasks, actions</span>
            <span aria-hidden className="hidden md:inline">
              <Keys keys="mod+k" />
            </span>
          </Button>
          <FreshnessPill />
        </header>
        <Notices initial={me.notices} />
        <Frozen>{children}</Frozen>
      </div>
      <UndoBar />
      {palette === "closed" ? null : <Palette onOpenChange={(open) => setPalette(open ? "open" : "closed")} />}
    </div>
  );
}

/** Name of the page; inside a page of one thing, the way back to the list. */
function Title() {
  const pathname = usePagePath();
  const entry = entryOf(pathname);
  const left = useSubscribable(place, null);
  if (!entry) return null;
  // Back to the list as it was filtered.
  const search = entry.href === "/runs" ? (left?.search ?? "") : "";
  return pathname === entry.href ? (
    <h1 className="truncate text-lg font-semibold">{entry.title}</h1>
  ) : (
    <Link href={`${entry.href}${search}`} className="truncate text-lg font-semibold text-muted hover:text-fg">
      {entry.title}
    </Link>
  );
}

function GoTo({ entry }: { entry: NavEntry }) {
  const go = useGo();
  useShortcut(`g ${entry.key}`, { label: entry.title, group: "Go to", run: () => go(entry.href) });
  return null;
}
