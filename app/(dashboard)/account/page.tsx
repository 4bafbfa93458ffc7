import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { AccountView } from "@/components/account/account-view";
import { passwordLength, SessionsPage } from "@/lib/contracts/people";

export const metadata: Metadata = { title: "Account" };

export default async function Page() {
  return <AccountView initial={await fetchDashboard("/sessions", SessionsPage)} minPassword={passwordLength.min} />;
}
