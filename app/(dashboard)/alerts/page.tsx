import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { AlertsView } from "@/components/alerts/alerts-view";
import { AlertsPage } from "@/lib/contracts/alerts";

export const metadata: Metadata = { title: "Alerts" };

export default async function Page() {
  return <AlertsView initial={await fetchDashboard("/alerts", AlertsPage)} />;
}
