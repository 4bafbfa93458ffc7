import {
  BellRing,
  BookOpen,
  Boxes,
  Bug,
  Cable,
  CalendarClock,
  ChartLine,
  Hand,
  KeyRound,
  Layers,
  ListChecks,
  Package,
  Play,
  Rows3,
  ScrollText,
  Server,
  Settings2,
  TicketCheck,
  Users,
  Variable,
  type LucideIcon,
} from "lucide-react";

export interface NavEntry {
  href: string;
  title: string;
  Icon: LucideIcon;
  /** Second key of `g …`. */
  key: string;
  /** Live number beside it. */
  count?: "running" | "tokensWaiting" | "queuesHeld";
  group: "work" | "tasks" | "access";
}

export const nav: readonly NavEntry[] = [
  { href: "/runs", title: "Runs", Icon: Rows3, key: "r", count: "running", group: "work" },
  { href: "/tokens", title: "Tokens", Icon: Hand, key: "w", count: "tokensWaiting", group: "work" },
  { href: "/errors", title: "Errors", Icon: Bug, key: "e", group: "work" },
  { href: "/insights", title: "Metrics", Icon: ChartLine, key: "o", group: "work" },
  { href: "/alerts", title: "Alerts", Icon: BellRing, key: "l", group: "work" },
  { href: "/bulk", title: "Bulk actions", Icon: Layers, key: "b", group: "work" },
  { href: "/test", title: "Test", Icon: Play, key: "t", group: "work" },
  { href: "/tasks", title: "Tasks", Icon: ListChecks, key: "a", group: "tasks" },
  { href: "/queues", title: "Queues", Icon: Cable, key: "q", count: "queuesHeld", group: "tasks" },
  { href: "/schedules", title: "Schedules", Icon: CalendarClock, key: "s", group: "tasks" },
  { href: "/batches", title: "Batches", Icon: Boxes, key: "c", group: "tasks" },
  { href: "/deployments", title: "Deployments", Icon: Package, key: "d", group: "tasks" },
  { href: "/variables", title: "Variables", Icon: Variable, key: "v", group: "tasks" },
  { href: "/public-tokens", title: "Public tokens", Icon: TicketCheck, key: "p", group: "access" },
  { href: "/keys", title: "API keys", Icon: KeyRound, key: "k", group: "access" },
  { href: "/environments", title: "Environments", Icon: Server, key: "n", group: "access" },
  { href: "/reference", title: "HTTP API", Icon: BookOpen, key: "h", group: "access" },
  { href: "/team", title: "Team", Icon: Users, key: "m", group: "access" },
  { href: "/settings", title: "Settings", Icon: Settings2, key: "y", group: "access" },
  { href: "/audit", title: "Audit", Icon: ScrollText, key: "u", group: "access" },
];

export const navGroups: Record<NavEntry["group"], string | null> = { work: null, tasks: "Tasks", access: "Access" };

export const entryOf = (pathname: string): NavEntry | undefined =>
  nav.find((entry) => pathname === entry.href || pathname.startsWith(`${entry.href}/`));
