import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { RunPage } from "@/components/run/run-page";
import { RunPage as Page, TracePage } from "@/lib/contracts/dashboard";

/** Of a longer trace the page shows the beginning at once and reads the rest itself. */
const firstTraceItems = 1_000;

interface Props {
  params: Promise<{ id: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await params).id };
}

export default async function Run({ params }: Props) {
  const { id } = await params;
  const path = `/runs/${encodeURIComponent(id)}`;
  const [page, trace] = await Promise.all([
    fetchDashboard(path, Page),
    fetchDashboard(`${path}/trace?limit=${firstTraceItems}`, TracePage),
  ]);
  return <RunPage key={id} id={id} page={page} trace={trace} />;
}
