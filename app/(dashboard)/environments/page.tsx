import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { EnvironmentsView } from "@/components/environments/environments-view";
import { EnvironmentList } from "@/lib/contracts/environment";

export const metadata: Metadata = { title: "Environments" };

export default async function Page() {
  return <EnvironmentsView initial={await fetchDashboard("/environments", EnvironmentList)} />;
}
