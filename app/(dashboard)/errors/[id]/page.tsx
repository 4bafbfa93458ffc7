import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { ErrorView } from "@/components/errors/error-view";
import { ErrorDetail } from "@/lib/contracts/error-group";

export const metadata: Metadata = { title: "Error" };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <ErrorView key={id} id={id} initial={await fetchDashboard(`/errors/${encodeURIComponent(id)}`, ErrorDetail)} />;
}
