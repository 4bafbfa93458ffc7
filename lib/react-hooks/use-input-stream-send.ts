"use client";
import { useApiClient, type UseApiClientOptions } from "./use-api-client";
import { useMutation } from "./use-mutation";

export interface InputStreamSendInstance<TData> {
  send: (data: TData) => void;
  isLoading: boolean;
  error?: Error;
  isReady: boolean;
}

/** Sends data into a run. */
export function useInputStreamSend<TData>(
  streamId: string,
  runId?: string,
  options: UseApiClientOptions = {},
): InputStreamSendInstance<TData> {
  const client = useApiClient({ enabled: runId !== undefined, ...options });
  const { start, error, isLoading } = useMutation<void>();
  return {
    send(data) {
      start(async () => {
        if (client === undefined || runId === undefined)
          throw new Error("Could not send in useInputStreamSend: Missing run ID or access token");
        return client.sendInputStream(runId, streamId, data);
      });
    },
    isLoading,
    isReady: client !== undefined && runId !== undefined,
    ...(error !== undefined && { error }),
  };
}
