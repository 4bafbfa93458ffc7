"use client";
import { createElement, useEffect, useSyncExternalStore, type ComponentType, type ReactNode } from "react";
import { createStore } from "@/lib/view/store";
import { part } from "./parts";

export type Lazily<Props> = ComponentType<Props> & { preload: () => Promise<void> };

/**
 * A component whose code is loaded when it is first shown, in browsers only; until then, and on the server, `waiting` shows.
 * `preload` begins earlier. Not React's `lazy`: that shows its fallback once even when the code is there, and keeps it for 300 ms.
 */
export function lazily<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  waiting: (props: Props) => ReactNode = () => null,
): Lazily<Props> {
  const loaded = createStore<ComponentType<Props> | null>(null);
  const body = part(async () => loaded.set(await load()));

  function LoadedLazily(props: Props) {
    const Body = useSyncExternalStore(loaded.subscribe, loaded.getSnapshot, () => null);
    useEffect(() => {
      if (loaded.getSnapshot() === null) void body.get();
    }, []);
    return Body === null ? waiting(props) : createElement(Body, props);
  }
  return Object.assign(LoadedLazily, { preload: body.preload });
}
