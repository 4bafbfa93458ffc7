import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { VariablesView } from "@/components/variables/variables-view";
import { VariablesPage } from "@/lib/contracts/variables";

export const metadata: Metadata = { title: "Environment variables" };

export default async function Page() {
  return <VariablesView initial={await fetchDashboard("/variables", VariablesPage)} />;
}
