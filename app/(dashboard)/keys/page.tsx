import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { KeysView } from "@/components/keys/keys-view";
import { ApiKeysPage } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "API keys" };

export default async function Page() {
  return <KeysView initial={await fetchDashboard("/keys", ApiKeysPage)} />;
}
