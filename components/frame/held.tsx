"use client";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";

/** A page holds its list still: why, and how many new things wait. */
export interface Held {
  why: string;
  news: number;
}

const HeldContext = createContext<Held | null>(null);
const SetHeldContext = createContext<(held: Held | null) => void>(() => undefined);

export function HeldProvider({ children }: { children: ReactNode }) {
  const [held, setHeld] = useState<Held | null>(null);
  return (
    <SetHeldContext.Provider value={setHeld}>
      <HeldContext.Provider value={held}>{children}</HeldContext.Provider>
    </SetHeldContext.Provider>
  );
}

export const useHeld = (): Held | null => useContext(HeldContext);

/** Tells the freshness pill that this page's list stands still. Null: it does not. Ends with the page. */
export function useHold(held: Held | null): void {
  const set = useContext(SetHeldContext);
  const why = held?.why ?? null;
  const news = held?.news ?? 0;
  useEffect(() => {
    set(why === null ? null : { why, news });
    return () => set(null);
  }, [set, why, news]);
}
