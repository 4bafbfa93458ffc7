import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { fetchDashboard } from "@/app/data";
import { Frame } from "@/components/frame/frame";
import { LiveProvider } from "@/components/live/live-provider";
import { Me } from "@/lib/contracts/dashboard";

export default async function DashboardLayout({ children }: { children: ReactNode }) {
  const [me, jar] = await Promise.all([fetchDashboard("/me", Me), cookies()]);
  return (
    <LiveProvider now={Date.now()}>
      <Frame me={me} collapsed={jar.get("sidebar")?.value === "collapsed"}>
        {children}
      </Frame>
    </LiveProvider>
  );
}
