"use client";
import { useCallback, useEffect, useMemo, useRef } from "react";
import type { ApiRequestOptions } from "@/lib/client/http";
import { createApiClient, type ApiClient } from "./api-client";
import { useTriggerAuthContextOptional } from "./auth-context";

export interface UseApiClientOptions {
  accessToken?: string;
  /** Address of the server. Default: `TriggerAuthContext`, else the origin of the page. */
  baseURL?: string;
  previewBranch?: string;
  requestOptions?: ApiRequestOptions;
  /** Makes a fresh token when the server refuses the present one. */
  refreshAccessToken?: () => Promise<string>;
  /** False: no token is needed, and nothing is asked. */
  enabled?: boolean;
}

const pageOrigin = (): string => (typeof location === "undefined" ? "http://127.0.0.1:3030" : location.origin);

/** Throws without an access token, unless `enabled` is false. The client is the same until what it is made of changes. */
export function useApiClient(options: UseApiClientOptions = {}): ApiClient | undefined {
  const auth = useTriggerAuthContextOptional();
  const baseURL = options.baseURL ?? auth.baseURL ?? pageOrigin();
  const accessToken = options.accessToken ?? auth.accessToken;
  const previewBranch = options.previewBranch ?? auth.previewBranch;
  const refresh = options.refreshAccessToken ?? auth.refreshAccessToken;
  const requestOptions = JSON.stringify({ ...auth.requestOptions, ...options.requestOptions });
  const latestRefresh = useRef(refresh);
  useEffect(() => {
    latestRefresh.current = refresh;
  }, [refresh]);
  const canRefresh = refresh !== undefined;
  // An inline function is another one in every render, which must not make another client.
  const stableRefresh = useCallback(async () => {
    const current = latestRefresh.current;
    if (current === undefined) throw new Error("Missing refreshAccessToken in TriggerAuthContext or useApiClient options");
    return current();
  }, []);

  const client = useMemo(() => {
    if (accessToken === undefined) return undefined;
    // `stableRefresh` is called when a request was refused, never in a render.
    // oxlint-disable-next-line react/refs
    return createApiClient({
      baseURL,
      accessToken,
      previewBranch,
      // Made of two objects of this type just above.
      requestOptions: JSON.parse(requestOptions) as ApiRequestOptions,
      refreshAccessToken: canRefresh ? stableRefresh : undefined,
    });
  }, [baseURL, accessToken, previewBranch, requestOptions, canRefresh, stableRefresh]);
  if (client === undefined && options.enabled !== false)
    throw new Error("Missing accessToken in TriggerAuthContext or useApiClient options");
  return client;
}
