"use client";
import type { TaskSummary } from "@/lib/contracts/dashboard";
import { useLiveQueues } from "../live/hooks";

/** Queued and running now: pushed with the queue where it is the task's own, else as of the last read. */
export function useLoad(): (task: TaskSummary) => { queued: number; running: number } {
  const live = useLiveQueues();
  return (task) => {
    const own = live.loaded ? live.data.find((queue) => queue.name === task.queue && queue.type === "task") : undefined;
    return own === undefined ? { queued: task.queued, running: task.running } : { queued: own.queued, running: own.running };
  };
}
