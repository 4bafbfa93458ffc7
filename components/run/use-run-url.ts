"use client";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";

export const tabs = ["span", "payload", "output", "error", "metadata", "logs", "timeline", "streams", "relations"] as const;
export type RunTab = (typeof tabs)[number];

const parsers = { tab: parseAsStringLiteral(tabs), span: parseAsString, stream: parseAsString };

/** Open tab, selected span and stream, in the URL. */
export function useRunUrl() {
  return useQueryStates(parsers, { history: "replace", shallow: true });
}
