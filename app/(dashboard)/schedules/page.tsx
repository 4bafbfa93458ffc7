import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { SchedulesView } from "@/components/schedules/schedules-view";
import { SchedulesPage } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "Schedules" };

interface Props {
  searchParams: Promise<{ page?: string | string[]; task?: string | string[] }>;
}

export default async function Page({ searchParams }: Props) {
  const { page = "1", task } = await searchParams;
  const ofTask = typeof task === "string" && task !== "" ? task : undefined;
  // What is no number of a page is the first.
  const at = typeof page === "string" && /^[1-9]\d{0,5}$/.test(page) ? page : "1";
  const query = new URLSearchParams({ page: at, ...(ofTask !== undefined && { task: ofTask }) });
  return <SchedulesView key={String(query)} initial={await fetchDashboard(`/schedules?${query}`, SchedulesPage)} task={ofTask} />;
}
