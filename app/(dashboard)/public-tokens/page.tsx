import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { PublicTokensView } from "@/components/public-tokens/public-tokens-view";
import { PublicTokensPage } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "Public tokens" };

export default async function Page() {
  return <PublicTokensView initial={await fetchDashboard("/public-tokens", PublicTokensPage)} />;
}
