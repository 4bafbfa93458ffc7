import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { AccountView } from "@/components/account/account-view";
import { passwordLength, SessionsPage } from "@/lib/contracts/people";

export const metadata: Metadata = { title: "Account" };

export default async function Page({ searchParams }: { searchParams: Promise<{ password?: string | string[] }> }) {
  const [sessions, { password }] = await Promise.all([fetchDashboard("/sessions", SessionsPage), searchParams]);
  return <AccountView initial={sessions} minPassword={passwordLength.min} isChanged={password === "changed"} />;
}
