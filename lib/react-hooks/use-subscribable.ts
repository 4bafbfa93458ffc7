"use client";
import { useSyncExternalStore } from "react";
import type { Subscribable } from "@/lib/view/store";

/** The only place where this package meets React's subscription to outside state. */
export const useSubscribable = <T>(source: Subscribable<T>): T =>
  useSyncExternalStore(source.subscribe, source.getSnapshot, source.getSnapshot);
