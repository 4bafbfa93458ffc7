import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { DeploymentsView } from "@/components/deployments/deployments-view";
import { DeploymentsPage } from "@/lib/contracts/deployments";

export const metadata: Metadata = { title: "Deployments" };

export default async function Page() {
  return <DeploymentsView initial={await fetchDashboard("/deployments", DeploymentsPage)} />;
}
