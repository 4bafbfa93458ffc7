import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { UrlState } from "@/components/frame/url-state";
import { PublicTokensView } from "@/components/public-tokens/public-tokens-view";
import { PublicTokensPage } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "Public tokens" };

export default async function Page() {
  return (
    <UrlState>
      <PublicTokensView initial={await fetchDashboard("/public-tokens", PublicTokensPage)} />
    </UrlState>
  );
}
