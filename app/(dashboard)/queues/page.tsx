import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { QueuesView } from "@/components/queues/queues-view";
import { Me, QueuesPage } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "Queues" };

export default async function Page() {
  const [initial, me] = await Promise.all([fetchDashboard("/queues", QueuesPage), fetchDashboard("/me", Me)]);
  return <QueuesView initial={initial} me={me} />;
}
