import { limits, type Packet } from "@/lib/contracts/run";
import { isFinal, type RunStatus } from "@/lib/contracts/status";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { defaultKeyTtlMs, parseDue, parseKeyTtl } from "@/lib/time/duration";
import { newId } from "@/lib/ids/ids";
import { progressOf } from "@/lib/values/metadata";
import { decodePacket } from "@/lib/values/packet";
import { toPlain } from "@/lib/values/to-plain";
import { encodeText } from "../../db/text";
import { laneOf, type Engine } from "../engine";
import { EngineError } from "../error";
import { checkDebounce, type Debounce } from "./debounce";
import type { NewRun } from "./insert-runs";
import { holderOf } from "./keyed";
import { offloadPacket } from "../packets";
import { checkPayload } from "./payload-check";
import { gatesOf } from "../queues/limits";
import { placeRun } from "./placement";
import type { RunOptions } from "./run-options";
import { settingsOf, ttlOf } from "./settings";

export interface TriggerRequest {
  task: string;
  payload: Packet;
  options: TriggerOptions;
  triggerFunction?: RunOptions["triggerFunction"];
  batch?: { id: string; index: number };
  replayOf?: string;
  scheduleId?: string;
  /** SHA-256 of the public token that asks, hex. */
  publicToken?: string | undefined;
  /** Who asked for it by hand. */
  by?: string | undefined;
  /** The bulk action that makes it, and the id that it has chosen for it. */
  bulk?: { id: string; runId: string };
}

/** The run that triggers, for a run triggered from inside one. */
export interface ParentOperation {
  runId: string;
  epoch: number;
  attempt: number;
  seq: number;
  kind: string;
  fingerprint: string;
  waits: boolean;
  /** It waits for the run, now or later: the run gets its version and its place in the queue. */
  adopts: boolean;
  depth: number;
  rootId: string;
  isTest: boolean;
  deployment: string | null;
  /** Epoch ms: children that are waited for inherit their parent's place in the queue. */
  queueMs: number;
}

export interface PreparedRun {
  run: NewRun;
  /** For the handle of a run that is triggered inside another: in its parent's journal, so that a replay gives the same. */
  access: string | null;
  idempotency: { key: string; ttlMs: number } | null;
  debounce: Debounce | null;
}

/** The run that has the key. What is wrong with the rest of the trigger does not matter then. */
export interface KeyHeld {
  heldBy: string;
  refusal: EngineError;
  idempotency: NonNullable<PreparedRun["idempotency"]>;
}

/** Checks a trigger in the order that clients rely on, and makes the run to insert. Nothing is stored when it throws. */
export async function prepareRun(engine: Engine, request: TriggerRequest, parent: ParentOperation | null): Promise<PreparedRun | KeyHeld> {
  const { options, task } = request;
  if (engine.readOnlyReason !== null) throw new EngineError(503, engine.readOnlyReason);
  const now = Math.floor(engine.clock.now());
  const tags = checkTags(options.tags ?? []);
  const given = checkDelay(options, now);
  const debounce = checkDebounce(options, now, engine.settings.debounceMaxMs);
  // Without a time of its own, or with one that is over, a debounced run starts when nobody has asked again for so long.
  const delay = debounce === null || (given !== null && given.getTime() > now) ? given : new Date(now + debounce.delayMs);
  const checked = { now, tags, delay, debounce, parent, outer: parent ?? (await parentOf(engine, options)) };
  if (options.idempotencyKey === undefined) return makeRun(engine, request, { ...checked, idempotency: null });
  checkKey(options.idempotencyKey, "options.idempotencyKey");
  const idempotency = { key: options.idempotencyKey, ttlMs: keyTtl(options.idempotencyKeyTTL, "options.idempotencyKeyTTL") };
  try {
    return await makeRun(engine, request, { ...checked, idempotency });
  } catch (refusal) {
    // The insert finds out who holds a key; here it is asked only when there would be no insert.
    const heldBy = refusal instanceof EngineError ? await holderOf(engine, task, idempotency.key) : null;
    if (!(refusal instanceof EngineError) || heldBy === null) throw refusal;
    return { heldBy, refusal, idempotency };
  }
}

/** A run that is bound to a deployment waits this long for it. */
const versionDeadlineMs = 3_600_000;

/** What is known of a trigger when the key has been looked at. */
interface Checked {
  now: number;
  tags: string[];
  delay: Date | null;
  debounce: Debounce | null;
  parent: ParentOperation | null;
  outer: Pick<ParentOperation, "runId" | "rootId" | "depth" | "isTest"> | null;
  idempotency: PreparedRun["idempotency"];
}

async function makeRun(
  engine: Engine,
  request: TriggerRequest,
  { now, tags, delay, debounce, parent, outer, idempotency }: Checked,
): Promise<PreparedRun> {
  const { options } = request;
  // Who waits for a run gets it from the version that it knows.
  const parentVersion = parent?.adopts === true ? (parent.deployment ?? undefined) : undefined;
  const { version, pinned, queue, parked } = placeRun(engine, request.task, { options, parentVersion });
  if (options.concurrencyKey !== undefined) checkKey(options.concurrencyKey, "options.concurrencyKey");
  if (options.region !== undefined) checkKey(options.region, "options.region");
  const ttl = ttlOf(engine, version, options.ttl);
  const { queueSizeMax } = engine.settings;
  if (queueSizeMax > 0 && parked === null && engine.scheduler.waitingIn(queue) >= queueSizeMax)
    throw queueIsFull(request.task, queue, queueSizeMax);
  const metadata = checkMetadata(options);
  const depth = outer === null ? 0 : outer.depth + 1;
  if (depth > limits.depth) throw invalid("options.parentRunId", `Runs may be nested ${limits.depth} deep at most.`);
  checkKey(request.payload.dataType, "options.payloadType");
  if (request.payload.data !== null && Buffer.byteLength(request.payload.data) > limits.payloadBytes) {
    throw new EngineError(
      413,
      `The payload is larger than ${limits.payloadBytes / 1024 / 1024} MB. Store it elsewhere and pass a reference.`,
      { param: "payload" },
    );
  }
  // A version that is to come may take what the present one refuses.
  if (version !== null) checkPayload(version.task, request.payload, engine.log);

  const delayed = delay !== null && delay.getTime() > now;
  const id = request.bulk?.runId ?? newId("run", now);
  const packet = await offloadPacket(engine.packets, request.payload, `${id}/payload`);
  const progress = metadata === null ? undefined : progressOf(metadata);
  // Here and below what is undefined is left out of the JSON; parts that are there or not would give each object a shape of its own.
  const stored: RunOptions = {
    triggerFunction: request.triggerFunction ?? "trigger",
    ttl: parked === null ? ttl?.ttl : typeof options.ttl === "number" ? `${options.ttl}s` : options.ttl,
    ttlMs: parked === null ? ttl?.ttlMs : undefined,
    parked: parked ?? undefined,
    maxAttempts: options.maxAttempts,
    maxDuration: options.maxDuration,
    machine: options.machine,
    region: options.region,
    concurrency: options.concurrency,
    traceparent: options.traceparent,
    debounce: debounce === null ? undefined : { key: debounce.key, mode: debounce.takes === null ? "leading" : "trailing" },
    scheduleId: request.scheduleId,
    publicToken: request.publicToken,
    idempotencyHash: idempotency?.key,
    idempotencyKey: idempotency === null ? undefined : (options.idempotencyKeyOptions?.key ?? idempotency.key),
    idempotencyKeyExpiresAt: idempotency === null ? undefined : new Date(now + idempotency.ttlMs).toISOString(),
    idempotencyKeyScope: idempotency === null ? undefined : options.idempotencyKeyOptions?.scope,
  };
  const settings = settingsOf(version, stored);
  const access = parent === null || parent.waits || request.batch !== undefined ? null : engine.runAccess(id);
  const run: NewRun = {
    id,
    task: request.task,
    status: parked !== null ? "PENDING_VERSION" : delayed ? "DELAYED" : "QUEUED",
    queue,
    concurrency_key: options.concurrencyKey ?? null,
    gates: version === null ? null : gatesOf(engine, version.task, options.concurrency),
    priority_ms: Math.max(-2_147_483_648, Math.min(2_147_483_647, Math.round((options.priority ?? 0) * 1000))),
    queue_ms: parent?.adopts === true ? parent.queueMs : delayed ? delay.getTime() : null,
    delay_until: delayed ? delay.toISOString() : null,
    ttl_ms: parked === null ? (ttl?.ttlMs ?? null) : null,
    parent_id: outer?.runId ?? null,
    root_id: outer?.rootId ?? null,
    batch_id: request.batch?.id ?? null,
    batch_index: request.batch?.index ?? null,
    replay_of: request.replayOf ?? null,
    depth,
    is_test: options.test ?? outer?.isTest ?? false,
    deployment: pinned,
    max_attempts: settings.max_attempts,
    max_duration: settings.max_duration,
    machine: settings.machine,
    isolate: settings.isolate,
    tags,
    node: null,
    payload: packet.data === null ? null : encodeText(packet.data),
    payload_type: packet.dataType,
    metadata: metadata === null ? null : encodeText(JSON.stringify(metadata)),
    options: JSON.stringify(stored),
    progress_value: progress?.value ?? null,
    progress_label: progress?.label === undefined ? null : encodeText(progress.label),
    error: null,
    error_name: null,
    error_message: null,
    parent_epoch: parent?.epoch ?? null,
    parent_attempt: parent?.attempt ?? null,
    parent_seq: parent?.seq ?? null,
    parent_kind: parent?.kind ?? null,
    parent_fingerprint: parent?.fingerprint ?? null,
    parent_waits: parent?.waits ?? false,
    parent_outcome:
      access === null
        ? null
        : JSON.stringify({ ok: true, value: { id, isCached: false, taskIdentifier: request.task, publicAccessToken: access } }),
    created_by: request.by,
    version_deadline: parked?.externalDeploymentId === undefined ? undefined : new Date(now + versionDeadlineMs).toISOString(),
    bulk_action: request.bulk?.id,
    request_key: undefined,
    token_hash: undefined,
    idempotency_key: undefined,
  };
  return { run, access, idempotency, debounce };
}

/** Takes a slot for the run, if it may start at once; the commit that creates it then starts it too. */
export function takeFastRoad(engine: Engine, run: NewRun): void {
  if (run.status !== "QUEUED" || engine.draining || engine.executor === null) return;
  if (!engine.scheduler.tryHold(run.id, laneOf(run), engine.executor.freeSlots())) return;
  run.status = run.machine !== null || run.isolate ? "DEQUEUED" : "EXECUTING";
  run.node = engine.nodeId;
  run.deployment ??= engine.deployments.current()?.version ?? null;
}

export const invalid = (path: string, message: string) => new EngineError(422, message, { param: path, issues: [{ path, message }] });

const queueIsFull = (task: string, queue: string, max: number) =>
  new EngineError(
    422,
    `Cannot trigger ${task} as the queue size limit for this environment has been reached. The maximum size is ${max}; as many runs wait in queue "${queue}".`,
    { code: "queue_size_limit", param: "options.queue" },
  );

function checkDelay({ delay }: TriggerOptions, now: number): Date | null {
  if (delay === undefined) return null;
  const due = parseDue(delay, now);
  if (due === null) throw invalid("options.delay", `"${delay}" is neither a duration such as "1h30m" nor an ISO date.`);
  return due;
}

export function checkTags(tags: readonly string[]): string[] {
  const unique = [...new Set(tags)];
  if (unique.length > limits.tagsPerRun)
    throw invalid("options.tags", `A run has at most ${limits.tagsPerRun} tags; ${unique.length} were given.`);
  const long = unique.find((tag) => tag.length > limits.tagLength);
  if (long !== undefined)
    throw invalid("options.tags", `A tag has at most ${limits.tagLength} characters; "${long.slice(0, 40)}…" has ${long.length}.`);
  if (unique.some((tag) => encodeText(tag) !== tag)) throw invalid("options.tags", "A tag may not contain NUL or unpaired surrogates.");
  return unique;
}

/** Bytes of a key at most: what an index entry holds beside the other columns. */
const maxKeyBytes = 2048;

/** Keys are compared as they are and stand in indexes, so they are refused where other text would be encoded. */
export function checkKey(key: string, path: string): void {
  if (encodeText(key) !== key) throw invalid(path, "A key may not contain NUL, U+0001 or unpaired surrogates.");
  if (Buffer.byteLength(key) > maxKeyBytes)
    throw invalid(path, `A key has at most ${maxKeyBytes} bytes; this one has ${Buffer.byteLength(key)}.`);
}

/** How long a key is held, ms. An unreadable lifetime is refused: nobody could tell what became of it. */
export function keyTtl(ttl: string | undefined, path: string): number {
  const ms = ttl === undefined ? defaultKeyTtlMs : parseKeyTtl(ttl);
  if (ms === null)
    throw invalid(path, `${path}: ${JSON.stringify(ttl?.slice(0, 60))} is not one number and a unit of s, m, h or d, such as "24h".`);
  return ms;
}

function checkMetadata(options: TriggerOptions): Record<string, unknown> | null {
  if (options.metadata === undefined || options.metadata === null) return null;
  let value: unknown;
  try {
    // Metadata is plain JSON for every reader: what a type of the wire stands for is told as a task's own call tells it.
    value =
      typeof options.metadata === "string"
        ? toPlain(decodePacket({ data: options.metadata, dataType: options.metadataType ?? "application/json" }))
        : options.metadata;
  } catch {
    throw invalid("options.metadata", "Metadata given as text must be JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("options.metadata", "Metadata must be an object.");
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    throw invalid("options.metadata", "Metadata is nested too deeply.");
  }
  if (Buffer.byteLength(text) > limits.metadataBytes) {
    throw new EngineError(413, `Metadata is larger than ${limits.metadataBytes / 1024} KB.`, { param: "options.metadata" });
  }
  return { ...value };
}

async function parentOf(engine: Engine, { parentRunId: id, resumeParentOnCompletion }: TriggerOptions): Promise<Checked["outer"]> {
  if (id === undefined) return null;
  checkKey(id, "options.parentRunId");
  const [run] = await engine.db.query<{ id: string; root_id: string | null; depth: number; is_test: boolean; status: RunStatus }>(
    "select id, root_id, depth, is_test, status from run where id = $1 and env_id = $2",
    [id, engine.env.id],
  );
  if (run === undefined) throw invalid("options.parentRunId", `Run ${id} not found in this environment.`);
  if (resumeParentOnCompletion === true && isFinal(run.status))
    throw invalid("options.parentRunId", `Run ${id} cannot wait for another: it is ${run.status}.`);
  return { runId: run.id, rootId: run.root_id ?? run.id, depth: run.depth, isTest: run.is_test };
}
