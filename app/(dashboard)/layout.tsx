import type { Metadata } from "next";
import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";
import { fetchDashboard } from "@/app/data";
import { Frame } from "@/components/frame/frame";
import { LiveProvider } from "@/components/live/live-provider";
import { Me } from "@/lib/contracts/dashboard";
import { environmentHeader } from "@/proxy";

/** Tabs of two environments are told apart by their titles. */
export async function generateMetadata(): Promise<Metadata> {
  const slug = (await headers()).get(environmentHeader)?.split("/").at(-1);
  return slug === undefined ? {} : { title: { default: slug, template: `%s · ${slug} · Signalbox` } };
}

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
