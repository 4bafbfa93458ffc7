"use client";
import { usePathname } from "next/navigation";
import { splitEnvironmentPath } from "@/lib/view/environment-path";

/** Path of the page without the environment's: "/runs". */
export function usePagePath(): string {
  const path = usePathname();
  return splitEnvironmentPath(path)?.rest ?? path;
}

/** What this tab's requests begin with: the environment is that of its address. Only in the browser. */
export const environmentBase = (): string => splitEnvironmentPath(location.pathname)?.base ?? "";
