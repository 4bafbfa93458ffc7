import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { toParams, type Search } from "@/app/search";
import { metricsQuery, viewOfMetrics } from "@/components/metrics/metrics-query";
import { MetricsView } from "@/components/metrics/metrics-view";
import { Facets } from "@/lib/contracts/dashboard";
import { Metrics } from "@/lib/contracts/metrics";

export const metadata: Metadata = { title: "Metrics" };

export default async function Page({ searchParams }: { searchParams: Promise<Search> }) {
  const query = metricsQuery(viewOfMetrics(toParams(await searchParams))).toString();
  const [initial, facets] = await Promise.all([fetchDashboard(`/metrics?${query}`, Metrics), fetchDashboard("/facets", Facets)]);
  return <MetricsView initial={initial} initialQuery={query} facets={facets} />;
}
