import type { ProductServer } from "./server";

/** Runs of a task that have completed since the server's start, by its own metrics. */
export async function finishedRuns({ url }: Pick<ProductServer, "url">, task: string): Promise<number> {
  const answer = await fetch(`${url}/metrics`);
  if (!answer.ok) throw new Error(`/metrics: ${answer.status}`);
  return parseFinished(await answer.text(), task);
}

/** The labels may come in any order. A task without a finished run has no line yet. */
export function parseFinished(metrics: string, task: string): number {
  const lines = metrics.split("\n").filter((line) => line.startsWith("signalbox_runs_finished_total{"));
  const line = lines.find((each) => each.includes(`task="${task}"`) && each.includes('status="COMPLETED"'));
  return Number(line?.slice(line.lastIndexOf(" ") + 1) ?? 0);
}
