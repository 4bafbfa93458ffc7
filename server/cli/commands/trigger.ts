import { TriggerResponse } from "@/lib/contracts/trigger";
import { connect, formatOf, type ServerOptions } from "../connection";
import { usage } from "../failure";
import { followRun } from "../follow";
import { print, printJson } from "../output";
import { readPayload } from "../payload";

export interface TriggerCommandOptions extends ServerOptions {
  file?: string;
  wait?: boolean;
  queue?: string;
  concurrencyKey?: string;
  delay?: string;
  ttl?: string;
  tag?: string[];
  idempotencyKey?: string;
  idempotencyKeyTtl?: string;
  machine?: string;
  maxAttempts?: string;
  maxDuration?: string;
  priority?: string;
  onVersion?: string;
  metadata?: string;
}

export async function trigger(task: string, argument: string | undefined, options: TriggerCommandOptions): Promise<void> {
  const payload = await readPayload(argument, options.file);
  const client = connect(options);
  const given: Record<string, unknown> = {
    queue: options.queue && { name: options.queue },
    concurrencyKey: options.concurrencyKey,
    delay: options.delay,
    ttl: options.ttl,
    tags: options.tag,
    idempotencyKey: options.idempotencyKey,
    idempotencyKeyTTL: options.idempotencyKeyTtl,
    machine: options.machine,
    maxAttempts: number("--max-attempts", options.maxAttempts),
    maxDuration: number("--max-duration", options.maxDuration),
    priority: number("--priority", options.priority),
    lockToVersion: options.onVersion,
    metadata: options.metadata === undefined ? undefined : JSON.stringify(await readPayload(options.metadata, undefined)),
    metadataType: options.metadata === undefined ? undefined : "application/json",
  };
  const run = await client.request(TriggerResponse, `/api/v1/tasks/${encodeURIComponent(task)}/trigger`, {
    method: "POST",
    json: { payload, options: given },
  });
  if (options.wait === true) {
    if (formatOf(options) === "text") print(run.id);
    return followRun(client, run.id, formatOf(options));
  }
  if (formatOf(options) === "json") printJson(run);
  else print(`${run.id}${run.isCached ? "  (the run that its idempotency key names)" : ""}`);
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text.trim() === "" || !Number.isFinite(Number(text))) throw usage(`${name} must be a number.`);
  return Number(text);
}
