import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { BulkList } from "@/components/bulk/bulk-list";
import { BulkPage } from "@/lib/contracts/bulk";

export const metadata: Metadata = { title: "Bulk actions" };

export default async function Page() {
  return <BulkList initial={await fetchDashboard("/bulk", BulkPage)} />;
}
