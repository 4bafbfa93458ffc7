"use client";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { afterNextPaint } from "@/lib/client/freshness";
import { createLive, type Live } from "@/lib/client/live";
import { createStore, type Store, type Subscribable } from "@/lib/view/store";
import type { LinkStatus } from "@/lib/client/sync";
import { browserTiming, createClock, type Clock } from "./clock";
import { RequestError } from "./api";
import { environmentBase } from "./environment";
import { reach } from "./reach";

const LiveContext = createContext<Live | null>(null);
const ClockContext = createContext<Clock | null>(null);

/** Phases in which what is shown may tick on: elsewhere it would be a guess. */
const ticks: Record<LinkStatus["phase"], boolean> = {
  connecting: true,
  live: true,
  polling: true,
  catchingUp: false,
  silent: false,
  reconnecting: false,
  closed: false,
};

const newQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        // The socket says what changed; nothing is fetched again because a window got the focus.
        staleTime: Infinity,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        // A browser that calls itself offline is asked all the same: what cannot work says so instead of waiting.
        networkMode: "always",
        // Without an answer it is asked again when the server is back.
        retry: (count, error) => count < 2 && !(error instanceof RequestError && error.status < 500),
      },
      mutations: { networkMode: "always" },
    },
  });

/** What failed while the server was away is read now. */
function readAgain(queries: QueryClient): () => void {
  return reach.answers.subscribe(() => {
    if (reach.answers.getSnapshot()) void queries.refetchQueries({ type: "active", predicate: (query) => query.state.status === "error" });
  });
}

interface Wiring {
  live: Store<Live | null>;
  clock: Clock;
  queries: QueryClient;
  /** Opens the socket; the returned function closes it. */
  open(): () => void;
}

function createWiring(now: number): Wiring {
  const live = createStore<Live | null>(null);
  const clock = createClock(
    now,
    browserTiming(() => live.getSnapshot()?.serverNow() ?? Date.now()),
  );
  return {
    live,
    clock,
    queries: newQueryClient(),
    open() {
      let close: (() => void) | undefined;
      // A turn later: React mounts twice in development, and the first socket would be closed while it opens.
      const timer = setTimeout(() => {
        const opened = createLive({
          url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${environmentBase()}/realtime`,
          afterPaint: afterNextPaint,
        });
        const end = opened.status.subscribe(() => {
          const { phase } = opened.status.getSnapshot();
          if (ticks[phase]) clock.start();
          else clock.stop();
          reach.linked(phase);
        });
        live.set(opened);
        close = () => {
          end();
          live.set(null);
          opened.close();
        };
      }, 0);
      return () => {
        clearTimeout(timer);
        close?.();
      };
    },
  };
}

/** One socket, one clock and one query cache for all pages of a tab. `now` is the server's time of rendering. */
export function LiveProvider({ now, children }: { now: number; children: ReactNode }) {
  const [wiring] = useState(() => createWiring(now));
  useEffect(() => wiring.open(), [wiring]);
  useEffect(() => readAgain(wiring.queries), [wiring]);
  const live = useSubscribable(wiring.live, null);
  return (
    <QueryClientProvider client={wiring.queries}>
      <ClockContext.Provider value={wiring.clock}>
        <LiveContext.Provider value={live}>{children}</LiveContext.Provider>
      </ClockContext.Provider>
    </QueryClientProvider>
  );
}

/** Null on the server and until the page has started. */
export const useLive = (): Live | null => useContext(LiveContext);

export function useClock(): Clock {
  const clock = useContext(ClockContext);
  if (!clock) throw new Error("A clock is used outside LiveProvider");
  return clock;
}

const nothing = (): (() => void) => () => undefined;

/** State of a subscribable; `initial` (a constant) on the server and while there is none. */
export function useSubscribable<T>(source: Subscribable<T> | null | undefined, initial: T): T {
  return useSyncExternalStore(source?.subscribe ?? nothing, source ? source.getSnapshot : () => initial, () => initial);
}

/** Server time, again after each step. Give no step for a time that stands still. */
export function useNow(stepMs: number | null): number {
  const clock = useClock();
  const subscribe = useCallback(
    (listener: () => void) => (stepMs === null ? nothing() : clock.subscribe(stepMs, listener)),
    [clock, stepMs],
  );
  return useSyncExternalStore(subscribe, clock.now, clock.now);
}
