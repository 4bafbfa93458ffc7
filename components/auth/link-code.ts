"use client";
import { useSyncExternalStore } from "react";

const subscribe = (changed: () => void) => {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
};

/**
 * The code of a one-time link, from `#code=…`: a fragment never leaves the browser, so no log or referrer holds it.
 * Null while the server renders: only the browser knows the fragment.
 */
export const useLinkCode = (): string | null =>
  useSyncExternalStore<string | null>(
    subscribe,
    () => new URLSearchParams(window.location.hash.slice(1)).get("code") ?? "",
    () => null,
  );
