import { z } from "zod";
import { DeploymentStatus, GitMeta } from "./deployments";
import { EnvironmentRow } from "./environment";
import { RunStatus } from "./status";
import { TaskRunError } from "./error";
import { IsoDate, RunEvent } from "./run";
import { batchStatuses } from "./trigger";
import { TokenStatus } from "./token";

/** What the public HTTP API answers, as the published clients read it (dates as text). The document of the API is made from these. */

export const Id = z.object({ id: z.string() });
export const Success = z.object({ success: z.literal(true) });
const cursors = { pagination: z.object({ next: z.string().optional(), previous: z.string().optional() }) };
const pages = { pagination: z.object({ currentPage: z.number().int(), totalPages: z.number().int(), count: z.number().int() }) };

/** `status` under old names without the header `x-trigger-api-version`. */
const run = {
  id: z.string(),
  status: z.union([RunStatus, z.string()]),
  taskIdentifier: z.string(),
  taskKind: z.enum(["STANDARD", "SCHEDULED"]),
  idempotencyKey: z.string().optional(),
  version: z.string().optional(),
  isQueued: z.boolean(),
  isExecuting: z.boolean(),
  isWaiting: z.boolean(),
  isCompleted: z.boolean(),
  isSuccess: z.boolean(),
  isFailed: z.boolean(),
  isCancelled: z.boolean(),
  isTest: z.boolean(),
  createdAt: IsoDate,
  updatedAt: IsoDate,
  startedAt: IsoDate.optional(),
  finishedAt: IsoDate.optional(),
  delayedUntil: IsoDate.optional(),
  ttl: z.union([z.string(), z.number()]).optional(),
  expiredAt: IsoDate.optional(),
  tags: z.array(z.string()),
  costInCents: z.number(),
  baseCostInCents: z.number(),
  durationMs: z.number(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  region: z.string().optional(),
};
const relatedRun = z.object({
  ...run,
  depth: z.number().int(),
  triggerFunction: z.enum(["trigger", "triggerAndWait", "batchTrigger", "batchTriggerAndWait"]),
  batchId: z.string().optional(),
});
const scheduleOfRun = {
  id: z.string(),
  generator: z.object({ type: z.literal("CRON"), expression: z.string(), description: z.string() }),
  deduplicationKey: z.string().optional(),
  externalId: z.string().optional(),
};

export const RunAnswer = z.object({
  ...relatedRun.shape,
  payload: z.unknown().optional(),
  payloadPresignedUrl: z.string().optional(),
  output: z.unknown().optional(),
  outputPresignedUrl: z.string().optional(),
  error: z.object({ message: z.string(), name: z.string().optional(), stackTrace: z.string().optional() }).optional(),
  schedule: z.object(scheduleOfRun).optional(),
  relatedRuns: z.object({ root: relatedRun.optional(), parent: relatedRun.optional(), children: z.array(relatedRun).optional() }),
  attemptCount: z.number().int(),
  attempts: z.array(z.never()),
});
export const RunsAnswer = z.object({
  data: z.array(z.object({ ...run, env: z.object({ id: z.string(), name: z.string() }) })),
  ...cursors,
});
export const ResultAnswer = z.union([
  z.object({
    ok: z.literal(true),
    id: z.string(),
    taskIdentifier: z.string(),
    output: z.string().optional(),
    outputType: z.string(),
    usage: z.object({ durationMs: z.number() }),
  }),
  z.object({ ok: z.literal(false), id: z.string(), taskIdentifier: z.string(), error: TaskRunError }),
]);
export const TriggerAnswer = z.object({ id: z.string(), isCached: z.boolean(), result: ResultAnswer.optional() });
export const MessageAnswer = z.object({ message: z.string() });
export const MetadataAnswer = z.object({ metadata: z.record(z.string(), z.unknown()) });
export const EventsAnswer = z.object({ events: z.array(RunEvent) });

const spanFacts = {
  message: z.string(),
  startTime: IsoDate,
  isError: z.boolean(),
  isPartial: z.boolean(),
  isCancelled: z.boolean(),
  level: z.string(),
};
/** `duration` in nanoseconds. */
const Span = z.object({
  id: z.string(),
  parentId: z.string().optional(),
  runId: z.string(),
  data: z.object({
    ...spanFacts,
    taskSlug: z.string().optional(),
    duration: z.number(),
    properties: z.record(z.string(), z.unknown()).optional(),
  }),
  /** Spans like this one. */
  children: z.array(z.record(z.string(), z.unknown())),
});
const ListedSpan = z.object({
  id: z.string(),
  parentId: z.string().optional(),
  runId: z.string(),
  ...spanFacts,
  duration: z.number(),
  attemptNumber: z.number().int().optional(),
});
/** The tree, or with `page[size]` or `page[after]` the spans in pages. */
export const TraceAnswer = z.union([
  z.object({ trace: z.object({ traceId: z.string(), rootSpan: Span }) }),
  z.object({
    data: z.array(ListedSpan),
    attemptFailures: z.array(z.object({ spanId: z.string(), attemptNumber: z.number().int(), runId: z.string() })),
    pagination: z.object({ next: z.string().optional(), truncated: z.boolean().optional() }),
  }),
]);
export const SpanAnswer = z.object({
  spanId: z.string(),
  parentId: z.string().nullable(),
  runId: z.string(),
  ...spanFacts,
  taskSlug: z.string().optional(),
  durationMs: z.number(),
  properties: z.record(z.string(), z.unknown()).optional(),
});

export const BatchCreateAnswer = z.object({
  id: z.string(),
  runCount: z.number().int(),
  isCached: z.boolean(),
  idempotencyKey: z.string().optional(),
});
export const BatchItemsAnswer = z.object({
  id: z.string(),
  itemsAccepted: z.number().int(),
  itemsDeduplicated: z.number().int(),
  sealed: z.boolean(),
  enqueuedCount: z.number().int().optional(),
  expectedCount: z.number().int().optional(),
});
export const TaskBatchAnswer = z.object({ batchId: z.string(), runs: z.array(z.string()) });
export const BatchV1Answer = z.object({
  id: z.string(),
  status: z.enum(batchStatuses),
  createdAt: IsoDate,
  updatedAt: IsoDate,
  runCount: z.number().int(),
  runs: z.array(z.string()),
  idempotencyKey: z.string().optional(),
});
export const BatchAnswer = BatchV1Answer.extend({
  processing: z.object({
    completedAt: IsoDate.optional(),
    errors: z.array(z.object({ index: z.number().int(), taskIdentifier: z.string(), error: z.string(), errorCode: z.string().optional() })),
  }),
});
export const BatchResultsAnswer = z.object({ id: z.string(), items: z.array(ResultAnswer) });

const token = {
  id: z.string(),
  url: z.string(),
  status: TokenStatus,
  tags: z.array(z.string()),
  createdAt: IsoDate,
  completedAt: IsoDate.optional(),
  timeoutAt: IsoDate.optional(),
  completedAfter: IsoDate.optional(),
  idempotencyKey: z.string().optional(),
  idempotencyKeyExpiresAt: IsoDate.optional(),
};
export const TokenMadeAnswer = z.object({ id: z.string(), isCached: z.boolean(), url: z.string() });
export const TokensAnswer = z.object({ data: z.array(z.object(token)), ...cursors });
export const TokenAnswer = z.object({
  ...token,
  output: z.string().optional(),
  outputType: z.string().optional(),
  outputIsError: z.boolean().optional(),
});

const concurrency = z.object({
  current: z.number().nullable(),
  base: z.number().nullable(),
  override: z.number().nullable(),
  overriddenAt: z.string().nullable(),
  overriddenBy: z.string().nullable(),
});
export const QueueAnswer = z.object({
  id: z.string(),
  name: z.string(),
  type: z.enum(["task", "custom"]),
  running: z.number().int(),
  queued: z.number().int(),
  paused: z.boolean(),
  concurrencyLimit: z.number().nullable(),
  concurrency,
});
export const QueuesAnswer = z.object({ data: z.array(QueueAnswer), ...pages });
const limitBound = { current: z.number().nullable(), base: z.number().nullable(), override: z.number().nullable() };
const holding = { running: z.number().int(), paused: z.boolean() };
const namedBound = z.object({ ...limitBound, overriddenAt: z.string().nullable() });
export const LimitAnswer = z.object({
  id: z.string(),
  name: z.string(),
  perKey: namedBound,
  total: namedBound,
  queued: z.number().int(),
  ...holding,
});
export const LimitsAnswer = z.object({ data: z.array(LimitAnswer), ...pages });
export const LimitKeyAnswer = z.object({
  name: z.string(),
  concurrencyKey: z.string(),
  perKey: z.object({ ...limitBound, expiresAt: z.string().nullable() }),
  ...holding,
});
export const LimitOrKeyAnswer = z.union([LimitAnswer, LimitKeyAnswer]);
export const DeploymentMovedAnswer = z.object({ id: z.string(), version: z.string(), status: DeploymentStatus });
export const BranchesAnswer = z.object({ branches: z.array(EnvironmentRow) });

export const EnvironmentAnswer = z.object({
  id: z.string(),
  slug: z.string(),
  type: z.string(),
  project: z.object({ ref: z.string(), name: z.string() }),
  running: z.number().int(),
  queued: z.number().int(),
  concurrencyLimit: z.number(),
  burstFactor: z.number(),
  paused: z.boolean(),
  pausedAt: IsoDate.optional(),
  pausedBy: z.string().optional(),
});

export const ScheduleAnswer = z.object({
  ...scheduleOfRun,
  type: z.enum(["DECLARATIVE", "IMPERATIVE"]),
  task: z.string(),
  active: z.boolean(),
  timezone: z.string(),
  window: z.string().optional(),
  nextRun: IsoDate.optional(),
  nextRunEffectiveAt: IsoDate.optional(),
  environments: z.array(z.object({ id: z.string(), type: z.string() })),
});
export const SchedulesAnswer = z.object({ data: z.array(ScheduleAnswer), ...pages });
export const TimezonesAnswer = z.object({ timezones: z.array(z.string()) });

export const VariableAnswer = z.object({ name: z.string(), value: z.string(), isSecret: z.boolean() });
export const VariablesAnswer = z.array(VariableAnswer);

export const BulkAnswer = z.object({
  id: z.string(),
  name: z.string().optional(),
  type: z.enum(["CANCEL", "REPLAY"]),
  status: z.enum(["PENDING", "COMPLETED", "ABORTED"]),
  counts: z.object({ total: z.number().int(), success: z.number().int(), failure: z.number().int() }),
  createdAt: IsoDate,
  completedAt: IsoDate.optional(),
});
export const BulksAnswer = z.object({ data: z.array(BulkAnswer), ...cursors });

export const ErrorAnswer = z.object({
  id: z.string(),
  fingerprint: z.string(),
  taskIdentifier: z.string(),
  errorType: z.string(),
  errorMessage: z.string(),
  status: z.enum(["unresolved", "resolved", "ignored"]),
  count: z.number().int(),
  firstSeen: IsoDate,
  lastSeen: IsoDate,
  affectedVersions: z.array(z.string()),
  resolvedAt: IsoDate.optional(),
  resolvedInVersion: z.string().optional(),
  resolvedBy: z.string().optional(),
  ignoredAt: IsoDate.optional(),
  ignoredUntil: IsoDate.optional(),
  ignoredReason: z.string().optional(),
});
export const ErrorsAnswer = z.object({ data: z.array(ErrorAnswer), ...cursors });

const deployment = {
  id: z.string(),
  createdAt: IsoDate,
  shortCode: z.string(),
  version: z.string(),
  runtime: z.string().nullable(),
  runtimeVersion: z.string().nullable(),
  status: z.enum(["PENDING", "BUILDING", "DEPLOYING", "DEPLOYED", "FAILED", "CANCELED", "TIMED_OUT"]),
  deployedAt: IsoDate.optional(),
  externalId: z.string().optional(),
  git: GitMeta.optional(),
  error: z.object({ name: z.string(), message: z.string(), stderr: z.string().optional() }).optional(),
};
export const ListedDeploymentAnswer = z.object(deployment);
export const DeploymentsAnswer = z.object({ data: z.array(ListedDeploymentAnswer), ...cursors });
export const DeploymentAnswer = z.object({
  ...deployment,
  contentHash: z.string().nullable(),
  warnings: z.array(z.string()),
  log: z.array(z.string()),
  imageReference: z.string().nullable(),
  imagePlatform: z.string(),
  isCurrent: z.boolean(),
  worker: z
    .object({ id: z.string(), version: z.string(), tasks: z.array(z.object({ id: z.string(), slug: z.string(), filePath: z.string() })) })
    .optional(),
});
export const PromotedAnswer = z.object({ id: z.string(), version: z.string(), shortCode: z.string() });

export const ClaimsAnswer = z.object({ sub: z.string(), pub: z.literal(true) });
export const MintAnswer = z.object({ token: z.string() });
export const PacketAnswer = z.object({ presignedUrl: z.string() });
export const PacketPutAnswer = PacketAnswer.extend({ storagePath: z.string() });

export const StreamOpenAnswer = z.object({ version: z.literal("v1") });
export const StreamPlaceAnswer = z.object({ lastChunkIndex: z.number().int() });
export const OkAnswer = z.object({ ok: z.literal(true) });
/** Rows of a subscription; every value is PostgreSQL's text. */
export const ShapeAnswer = z.array(
  z.union([
    z.object({
      key: z.string(),
      value: z.record(z.string(), z.string().nullable()),
      headers: z.object({ operation: z.enum(["insert", "update"]) }),
    }),
    z.object({ headers: z.object({ control: z.enum(["up-to-date", "must-refetch"]) }) }),
  ]),
);
