import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { BulkView } from "@/components/bulk/bulk-view";
import { BulkDetail } from "@/lib/contracts/bulk";

export const metadata: Metadata = { title: "Bulk action" };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <BulkView key={id} id={id} initial={await fetchDashboard(`/bulk/${encodeURIComponent(id)}`, BulkDetail)} />;
}
