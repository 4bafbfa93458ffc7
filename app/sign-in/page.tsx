import type { Metadata } from "next";
import { Entrance } from "@/components/auth/entrance";
import { SignInForm } from "@/components/auth/sign-in-form";
import { safeNextPath } from "@/lib/view/next-path";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ next?: string | string[] }> }) {
  const { next } = await searchParams;
  return (
    <Entrance title="Sign in">
      <SignInForm next={safeNextPath(Array.isArray(next) ? next[0] : next)} />
    </Entrance>
  );
}
