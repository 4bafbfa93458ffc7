import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { TeamView } from "@/components/team/team-view";
import { PeoplePage } from "@/lib/contracts/people";

export const metadata: Metadata = { title: "Team" };

export default async function Page() {
  return <TeamView initial={await fetchDashboard("/people", PeoplePage)} />;
}
