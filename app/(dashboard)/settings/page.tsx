import type { Metadata } from "next";
import { cookies } from "next/headers";
import { fetchDashboard } from "@/app/data";
import { readTheme } from "@/components/frame/theme";
import { SettingsView } from "@/components/settings/settings-view";
import { ServerSettings } from "@/lib/contracts/dashboard";

export const metadata: Metadata = { title: "Settings" };

export default async function Page() {
  const [settings, jar] = await Promise.all([fetchDashboard("/settings", ServerSettings), cookies()]);
  return <SettingsView settings={settings} theme={readTheme(jar.get("theme")?.value)} />;
}
