import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { KeysView } from "@/components/keys/keys-view";
import { ApiKeysPage, Me } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "API keys" };

export default async function Page() {
  const [initial, me] = await Promise.all([fetchDashboard("/keys", ApiKeysPage), fetchDashboard("/me", Me)]);
  return <KeysView initial={initial} me={me} />;
}
