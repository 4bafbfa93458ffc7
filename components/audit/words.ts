import { auditAreas, type AuditArea } from "@/lib/contracts/audit-areas";

export const areaWords: Record<AuditArea, string> = {
  run: "Runs",
  bulk: "Bulk actions",
  error: "Errors",
  alert: "Alerts",
  token: "Answers",
  queue: "Queues",
  environment: "Environment",
  schedule: "Schedules",
  deployment: "Deployments",
  variable: "Variables",
  key: "API keys",
  "public-token": "Public tokens",
  person: "People",
  session: "Sessions",
};

/** Page of the thing that was acted on; null: it has none, or none any more. */
export function pageOf(action: string, target: string): string | null {
  const [area] = action.split(".");
  if (action.endsWith(".delete")) return null;
  if (target.startsWith("run_")) return `/runs/${target}`;
  if (target.startsWith("bulk_")) return `/bulk/${target}`;
  if (area === "error") return `/errors/${encodeURIComponent(target)}`;
  if (area === "token") return `/tokens?view=answered&token=${encodeURIComponent(target)}`;
  if (area === "queue") return "/queues";
  if (area === "schedule") return "/schedules";
  if (area === "deployment") return "/deployments";
  return null;
}

export interface AuditFilter {
  area: AuditArea | "";
  actor: string;
}

/** As the address has it; a kind that is not known is none. */
export const auditFilter = (params: URLSearchParams): AuditFilter => ({
  area: auditAreas.find((area) => area === params.get("area")) ?? "",
  actor: (params.get("actor") ?? "").slice(0, 200),
});

export const auditQuery = ({ area, actor }: AuditFilter): string =>
  new URLSearchParams({ ...(area !== "" && { area }), ...(actor !== "" && { actor }) }).toString();
