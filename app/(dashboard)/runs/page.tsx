import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { RunsPage } from "@/components/runs/runs-page";
import { runsPath } from "@/components/runs/runs-path";
import { Facets, RunsPage as Page } from "@/lib/contracts/dashboard";
import { toRunFilter, viewFromParams } from "@/lib/runs/run-filter";

export const metadata: Metadata = { title: "Runs" };

type Search = Record<string, string | string[] | undefined>;

function toParams(search: Search): URLSearchParams {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) for (const one of value === undefined ? [] : [value].flat()) params.append(key, one);
  return params;
}

export default async function Runs({ searchParams }: { searchParams: Promise<Search> }) {
  const now = Date.now();
  const view = viewFromParams(toParams(await searchParams));
  const [page, facets] = await Promise.all([fetchDashboard(runsPath(toRunFilter(view, now), null), Page), fetchDashboard("/facets", Facets)]);
  return <RunsPage view={view} page={page} facets={facets} now={now} />;
}
