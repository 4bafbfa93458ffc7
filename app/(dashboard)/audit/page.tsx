import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { toParams, type Search } from "@/app/search";
import { AuditView } from "@/components/audit/audit-view";
import { auditFilter, auditQuery } from "@/components/audit/words";
import { AuditPage } from "@/lib/contracts/audit";

export const metadata: Metadata = { title: "Audit" };

export default async function Page({ searchParams }: { searchParams: Promise<Search> }) {
  const query = auditQuery(auditFilter(toParams(await searchParams)));
  return <AuditView initial={await fetchDashboard(`/audit?${query}`, AuditPage)} initialQuery={query} />;
}
