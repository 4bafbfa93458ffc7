import { EngineError } from "../engine/error";

/** Ends what is held open when the server stops: long polls, waits for a run, streams. */
export interface Stopping {
  isStopping(): boolean;
  /** Called once when it stops, at once when it has; the answer takes the listener away. */
  onStop(listener: () => void): () => void;
}

export function createStopping(): Stopping & { stop(): void } {
  const listeners = new Set<() => void>();
  let stopped = false;
  return {
    isStopping: () => stopped,
    onStop(listener) {
      if (stopped) listener();
      else listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop() {
      stopped = true;
      for (const listener of listeners) listener();
      listeners.clear();
    },
  };
}

/** Clients ask again after it, of whoever answers then. */
export const serverStops = () => new EngineError(503, "The server is stopping. Ask again shortly.", { code: "unavailable" });
