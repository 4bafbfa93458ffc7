import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { BatchesView } from "@/components/batches/batches-view";
import { BatchesPage } from "@/lib/contracts/batches";

export const metadata: Metadata = { title: "Batches" };

export default async function Page() {
  return <BatchesView initial={await fetchDashboard("/batches", BatchesPage)} />;
}
