"use client";
import { createContext, useContext } from "react";
import type { ApiRequestOptions } from "@/lib/client/http";

export interface ApiClientConfiguration {
  /** Address of the server. Default: the origin of the page. */
  baseURL?: string;
  accessToken?: string;
  /** Makes a fresh token when the server refuses the present one (401, 403). */
  refreshAccessToken?: () => Promise<string>;
  previewBranch?: string;
  requestOptions?: ApiRequestOptions;
}

export const TriggerAuthContext = createContext<ApiClientConfiguration | undefined>(undefined);
TriggerAuthContext.displayName = "TriggerAuthContext";

export function useTriggerAuthContext(): ApiClientConfiguration {
  const context = useContext(TriggerAuthContext);
  if (context === undefined) throw new Error("TriggerAuthContext not found");
  return context;
}

export const useTriggerAuthContextOptional = (): ApiClientConfiguration => useContext(TriggerAuthContext) ?? {};
