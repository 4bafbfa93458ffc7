"use client";
import { useOffline } from "@/components/live/hooks";
import { createContext, useContext } from "react";
import type { Me, Role } from "@/lib/contracts/dashboard";

export const MeContext = createContext<Me | null>(null);

/** Who is signed in, and where. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("useMe is used outside Frame");
  return me;
}

const mayAct: Record<Role, boolean> = { admin: true, operator: true, viewer: false };

/** What this user may do now; `reason` says who can grant the rest, or what is missing. The server decides again. */
export function useMayAct(): { allowed: boolean; reason: string | undefined } {
  const allowed = mayAct[useMe().user.role];
  const offline = useOffline();
  if (allowed && offline !== undefined) return { allowed: false, reason: offline };
  return { allowed, reason: allowed ? undefined : "You can look but not act. An admin can make you an operator." };
}
