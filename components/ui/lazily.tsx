"use client";
import { createElement, useEffect, useState, useSyncExternalStore, type ComponentType, type ReactNode } from "react";
import { createStore } from "@/lib/view/store";

export type Lazily<Props> = ComponentType<Props> & { preload: () => Promise<void> };

/**
 * A component whose code is loaded when it is first shown, in browsers only; until then, and on the server, `waiting` shows.
 * `preload` begins earlier. Not React's `lazy`: that shows its fallback once even when the code is there, and keeps it for 300 ms.
 */
export function lazily<Props extends object>(load: () => Promise<ComponentType<Props>>, waiting: (props: Props) => ReactNode = () => null): Lazily<Props> {
  const loaded = createStore<ComponentType<Props> | null>(null);
  let loading: Promise<void> | undefined;

  async function begin(): Promise<void> {
    try {
      loaded.set(await load());
    } catch (error) {
      loading = undefined;
      throw error;
    }
  }
  const ensure = (): Promise<void> => (loading ??= begin());

  function LoadedLazily(props: Props) {
    const Body = useSyncExternalStore(loaded.subscribe, loaded.getSnapshot, () => null);
    const [failure, setFailure] = useState<Error>();
    useEffect(() => void ensure().catch(setFailure), []);
    if (failure !== undefined) throw failure;
    return Body === null ? waiting(props) : createElement(Body, props);
  }
  // A failure is told when it is shown, which asks again.
  return Object.assign(LoadedLazily, { preload: () => ensure().catch(() => undefined) });
}
