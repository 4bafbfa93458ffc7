import { z } from "zod";
import type { HttpClient } from "@/lib/client/http";
import { toRealtimeRun } from "@/lib/client/realtime-run";
import { RetrievedRun } from "@/lib/client/run-objects";
import { followShape } from "@/lib/client/shape";
import { formatDuration } from "@/lib/view/format";
import { readableText } from "@/lib/view/readable-text";
import { exitCodes, Failure } from "./failure";
import { print, printFacts, printJson, type Format } from "./output";

const Signed = z.object({ presignedUrl: z.string() });

export const retrieveRun = (client: HttpClient, id: string): Promise<RetrievedRun> =>
  client.request(RetrievedRun, `/api/v3/runs/${encodeURIComponent(id)}`);

/** Tells each change of a run until it has ended. A run that did not succeed ends the command with a code of its own. */
export async function followRun(client: HttpClient, id: string, format: Format): Promise<void> {
  // A run that is not there is said once, and not subscribed to for ever.
  await retrieveRun(client, id);
  const url = `${client.baseURL}/realtime/v1/runs/${encodeURIComponent(id)}?log=full`;
  let last = "";
  for await (const rows of followShape({ url, headers: () => client.headers({ "x-trigger-electric-version": "1.0.0-beta.1" }) })) {
    for (const row of rows) {
      const run = await toRealtimeRun(row, async ({ runId, field }) => {
        const { presignedUrl } = await client.request(Signed, `/api/v1/runs/${runId}/packets/${field}`);
        const answer = await fetch(presignedUrl);
        return { data: await answer.text(), dataType: answer.headers.get("content-type") ?? "application/json" };
      });
      const line = `${run.status} ${run.taskIdentifier}`;
      if (line !== last) {
        if (format === "json") printJson({ at: run.updatedAt, id, status: run.status, task: run.taskIdentifier });
        else print(`${run.updatedAt.toISOString().slice(11, 23)}  ${run.status.padEnd(15)}  ${readableText(run.taskIdentifier)}`);
      }
      last = line;
      if (run.isCompleted) return ended(await retrieveRun(client, id), format);
    }
  }
}

/** What became of a run, as the last thing that is said. */
function ended(run: RetrievedRun, format: Format): void {
  if (format === "json") printJson(run);
  else printOutcome(run);
  if (!run.isSuccess) throw new Failure(`Run ${run.id} ended as ${run.status}.`, exitCodes.runFailed);
}

export function printOutcome({ output, error, durationMs }: RetrievedRun): void {
  if (output !== undefined) print(typeof output === "string" ? output : JSON.stringify(output, null, 2));
  printFacts({ error: error && `${error.name ?? "Error"}: ${error.message}`, computed: formatDuration(durationMs) });
}
