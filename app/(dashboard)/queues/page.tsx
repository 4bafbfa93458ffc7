import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { QueuesView } from "@/components/queues/queues-view";
import { QueuesPage } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "Queues" };

export default async function Page() {
  return <QueuesView initial={await fetchDashboard("/queues", QueuesPage)} />;
}
