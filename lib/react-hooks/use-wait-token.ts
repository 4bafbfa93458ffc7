"use client";
import { useApiClient, type UseApiClientOptions } from "./use-api-client";
import { useMutation } from "./use-mutation";

export interface WaitTokenInstance<TOutput> {
  complete: (output: TOutput) => void;
  isLoading: boolean;
  isCompleted: boolean;
  error?: Error;
  /** A token was named. */
  isReady: boolean;
}

/** Answers a wait token. */
export function useWaitToken<TOutput>(waitpointId?: string, options: UseApiClientOptions = {}): WaitTokenInstance<TOutput> {
  const client = useApiClient(options);
  const { start, data, error, isLoading } = useMutation<{ success: true }>();
  return {
    complete(output) {
      start(async () => {
        if (client === undefined) throw new Error("Could not complete waitpoint in useWaitToken: Missing access token");
        if (waitpointId === undefined) throw new Error("Could not complete waitpoint in useWaitToken: Missing waitpoint ID");
        return client.completeWaitpointToken(waitpointId, { data: output });
      });
    },
    isLoading,
    isCompleted: data?.success === true,
    isReady: waitpointId !== undefined && waitpointId !== "",
    ...(error !== undefined && { error }),
  };
}
