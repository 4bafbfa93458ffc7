"use client";
import { useState } from "react";
import { createStore } from "@/lib/view/store";
import { toError } from "./follower";
import { useSubscribable } from "./use-subscribable";

export interface MutationState<R> {
  data?: R;
  error?: Error;
  isLoading: boolean;
}

/** An action with its state; of several under way the last one counts. */
export function useMutation<R>(): MutationState<R> & { start(act: () => Promise<R>): void } {
  const [mutation] = useState(createMutation<R>);
  return { ...useSubscribable(mutation.state), start: mutation.start };
}

function createMutation<R>() {
  const state = createStore<MutationState<R>>({ isLoading: false });
  let latest = 0;

  async function run(act: () => Promise<R>): Promise<void> {
    const mine = ++latest;
    const { data } = state.getSnapshot();
    state.set({ ...(data !== undefined && { data }), isLoading: true });
    const next = await act().then(
      (data): MutationState<R> => ({ data, isLoading: false }),
      (error: unknown): MutationState<R> => ({ error: toError(error), isLoading: false }),
    );
    if (mine === latest) state.set(next);
  }
  return { state, start: (act: () => Promise<R>) => void run(act) };
}
