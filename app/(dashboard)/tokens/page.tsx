import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { TokensView } from "@/components/tokens/tokens-view";
import { TokensPage } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "Tokens" };

export default async function Page() {
  return <TokensView initial={await fetchDashboard("/tokens?status=WAITING", TokensPage)} />;
}
