import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { toParams, type Search } from "@/app/search";
import { RunsPage } from "@/components/runs/runs-page";
import { runsPath } from "@/components/runs/runs-path";
import { Facets, RunsPage as Page } from "@/lib/contracts/dashboard";
import { toRunFilter, viewFromParams } from "@/lib/runs/run-filter";

export const metadata: Metadata = { title: "Runs" };

export default async function Runs({ searchParams }: { searchParams: Promise<Search> }) {
  const now = Date.now();
  const view = viewFromParams(toParams(await searchParams));
  const [page, facets] = await Promise.all([
    fetchDashboard(runsPath(toRunFilter(view, now), null), Page),
    fetchDashboard("/facets", Facets),
  ]);
  return <RunsPage view={view} page={page} facets={facets} now={now} />;
}
