"use client";
import { useMemo } from "react";
import { useUrlState } from "../frame/url-state";

export const tabs = ["span", "payload", "output", "error", "metadata", "logs", "timeline", "streams", "relations", "compare"] as const;
export type RunTab = (typeof tabs)[number];

export interface RunUrl {
  tab: RunTab | null;
  span: string | null;
  stream: string | null;
  /** `logs`: the dock is open. */
  dock: string | null;
}

/** Open tab, selected span and stream, in the URL. */
export function useRunUrl(): [RunUrl, (change: Partial<RunUrl>) => void] {
  const [params, set] = useUrlState("replace");
  const url = useMemo(
    () => ({
      tab: tabs.find((tab) => tab === params.get("tab")) ?? null,
      span: params.get("span"),
      stream: params.get("stream"),
      dock: params.get("dock"),
    }),
    [params],
  );
  return [url, set];
}
