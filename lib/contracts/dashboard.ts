import { z } from "zod";
import { EnvironmentType } from "./environment";
import { EnvironmentState, RunFilter, QueueRow, ServerNotice } from "./realtime";
import { IsoDate, RunDetail, RunEvent, RunRow, StreamChunk, TraceItem } from "./run";
import { keyPresets, mayNameTasks } from "./key-presets";
import { limits } from "./limits";
import { Scopes } from "./scope";
import { ScheduleRow, ScheduleTick } from "./schedule";
import { RunStatus } from "./status";
import { TaskManifest } from "./task";
import { TokenRow } from "./token";

/**
 * What the dashboard reads beyond the public API, under `/api/dashboard`, by session cookie.
 * It acts through the public API's own routes (trigger, cancel, replay, reschedule, complete, pause) with the same cookie.
 */

export const roles = ["admin", "operator", "viewer"] as const;
export const Role = z.enum(roles);
export type Role = z.infer<typeof Role>;

/** GET /api/dashboard/me */
export const Me = z.object({
  user: z.object({ id: z.string(), name: z.string(), email: z.string(), role: Role }),
  environment: z.object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    type: EnvironmentType,
    isMain: z.boolean(),
    concurrencyLimit: z.number(),
  }),
  /** All that are served, in the order in which they are shown. */
  environments: z.array(
    z.object({ slug: z.string(), name: z.string(), type: EnvironmentType, isMain: z.boolean(), branch: z.string().optional() }),
  ),
  project: z.object({ ref: z.string(), name: z.string() }),
  version: z.string(),
  /** Public address of this server, for snippets. */
  origin: z.string(),
  deployment: z.object({ version: z.string(), createdAt: IsoDate }).nullable(),
  /** Until the socket tells them. */
  notices: z.array(ServerNotice),
});
export type Me = z.infer<typeof Me>;

/** GET /api/dashboard/runs?status=A&status=B&task=…&tag=…&queue=…&from=…&to=…&id=…&batch=…&parent=…&rootOnly=true&limit=50&cursor=… */
export const RunsPage = z.object({ rows: z.array(RunRow), next: z.string().optional(), previous: z.string().optional() });
export type RunsPage = z.infer<typeof RunsPage>;
export const RunsQuery = RunFilter.extend({
  limit: z.number().int().min(1).max(200).default(50),
  cursor: z.string().optional(),
});
export type RunsQuery = z.infer<typeof RunsQuery>;

/** GET /api/dashboard/runs/:id/place: of a queued run. */
export const QueuePlace = z.object({
  /** Runs before it in its queue, or under its concurrency key; counted up to `limits.countedAhead`. */
  ahead: z.number().int(),
  /** Runs of the queue that finished per minute lately. */
  perMinute: z.number(),
  /** Running now in its queue, or under its key: what the queue's limit is for. */
  laneRunning: z.number().int(),
  environment: z.object({ running: z.number().int(), limit: z.number().int(), paused: z.boolean() }),
});
export type QueuePlace = z.infer<typeof QueuePlace>;
export const QueuePlacePage = z.object({ place: QueuePlace.nullable() });
export type QueuePlacePage = z.infer<typeof QueuePlacePage>;

/** All child runs of one task, of which `relations` has the newest only. */
export const ChildCount = z.object({
  task: z.string(),
  total: z.number().int(),
  live: z.number().int(),
  failed: z.number().int(),
  /** When the first one started or was made, and when the last one changed. */
  firstAt: IsoDate,
  lastAt: IsoDate,
});
export type ChildCount = z.infer<typeof ChildCount>;
/** GET /api/dashboard/runs/:id/children */
export const ChildrenPage = z.object({ children: z.array(ChildCount) });
export type ChildrenPage = z.infer<typeof ChildrenPage>;

/** GET /api/dashboard/runs/:id */
export const RunPage = z.object({
  detail: RunDetail,
  events: z.array(RunEvent),
  relations: z.array(RunRow),
  children: z.array(ChildCount),
});
export type RunPage = z.infer<typeof RunPage>;
/** GET /api/dashboard/runs/:id/trace?after=seq&limit=…; `next`: after this there may be more. A span that opens and closes within the page is one item. */
export const TracePage = z.object({ items: z.array(TraceItem), next: z.number().int().optional() });
export type TracePage = z.infer<typeof TracePage>;
/** GET /api/dashboard/runs/:id/streams/:key?after=index */
export const StreamPage = z.object({ chunks: z.array(StreamChunk), closed: z.boolean() });

/** GET /api/dashboard/facets: values for filters, most recent first. */
export const Facets = z.object({
  tasks: z.array(z.string()),
  queues: z.array(z.string()),
  tags: z.array(z.string()),
  versions: z.array(z.string()),
});
export type Facets = z.infer<typeof Facets>;

/** GET /api/dashboard/activity?<filter>: the runs of a filter over time, by status as it is now, from 24 hours before its end if it has no beginning. */
export const Activity = z.object({
  stepMinutes: z.number(),
  from: IsoDate,
  to: IsoDate,
  /** A run stands where it was made; where there are too many to read, finished ones stand where they ended. */
  by: z.enum(["creation", "end"]),
  /** Only the newest runs were read: those made before then are left out. */
  partFrom: IsoDate.optional(),
  points: z.array(z.object({ at: IsoDate, counts: z.partialRecord(RunStatus, z.number()) })),
  /** All that match, counted up to `limits.countedRuns`. */
  total: z.object({ count: z.number().int(), more: z.boolean() }),
});
export type Activity = z.infer<typeof Activity>;

/** GET /api/dashboard/tasks */
export const TaskSummary = TaskManifest.omit({ certainSchema: true }).extend({
  queued: z.number(),
  running: z.number(),
  /** Last 24 h, one per hour, oldest first. */
  hourly: z.array(z.object({ completed: z.number(), failed: z.number() })),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  lastRunAt: IsoDate.nullable(),
});
export type TaskSummary = z.infer<typeof TaskSummary>;
export const TasksPage = z.object({ tasks: z.array(TaskSummary) });

/** GET /api/dashboard/tasks/:id/stats?hours=24 */
export const TaskStats = z.object({
  stepMinutes: z.number(),
  points: z.array(
    z.object({ at: IsoDate, counts: z.partialRecord(RunStatus, z.number()), p50Ms: z.number().nullable(), p95Ms: z.number().nullable() }),
  ),
});
export type TaskStats = z.infer<typeof TaskStats>;

/** GET /api/dashboard/tasks/:id/usual: compute time of the runs that completed in the last 24 hours. */
export const TaskUsual = z.object({ runs: z.number().int(), p50Ms: z.number().nullable(), p95Ms: z.number().nullable() });
export type TaskUsual = z.infer<typeof TaskUsual>;

/** GET /api/dashboard/tasks/:id/payloads: newest different payloads of this task's runs. */
export const RecentPayloads = z.object({
  payloads: z.array(z.object({ runId: z.string(), at: IsoDate, payload: z.string().nullable(), payloadType: z.string() })),
});
export type RecentPayloads = z.infer<typeof RecentPayloads>;

/** GET /api/dashboard/tokens?status=WAITING&cursor=…; waiting ones by deadline, others newest first. */
export const TokensPage = z.object({ tokens: z.array(TokenRow), next: z.string().optional() });
export type TokensPage = z.infer<typeof TokensPage>;
/** GET /api/dashboard/tokens/:id: with the runs that wait for it and what they are about. */
export const TokenPage = z.object({ token: TokenRow, url: z.string(), runs: z.array(RunDetail) });
export type TokenPage = z.infer<typeof TokenPage>;

/** Of the last hour: a number for each minute, oldest first. */
export const QueueLoad = z.object({
  /** The most runs that waited at once, looked at every ten seconds. */
  depth: z.array(z.number()),
  ended: z.array(z.number()),
  /** Of the runs that were made in this hour and have started: from when they could start until they did. */
  p95WaitMs: z.number().nullable(),
  started: z.number().int(),
});
export type QueueLoad = z.infer<typeof QueueLoad>;

const Bound = z.object({ current: z.number().nullable(), base: z.number().nullable(), override: z.number().nullable() });
/** A named concurrency limit; null: no bound. */
export const NamedLimit = z.object({
  name: z.string(),
  perKey: Bound,
  total: Bound,
  running: z.number().int(),
  queued: z.number().int(),
  paused: z.boolean(),
});
export type NamedLimit = z.infer<typeof NamedLimit>;

/** GET /api/dashboard/queues; `loads` by queue, none: nothing waited or ended. `waitsFrom`: the waits of older runs were not measured. */
export const QueuesPage = z.object({
  queues: z.array(QueueRow),
  environment: EnvironmentState.extend({ running: z.number() }),
  loads: z.record(z.string(), QueueLoad),
  waitsFrom: IsoDate.optional(),
  limits: z.array(NamedLimit),
});
export type QueuesPage = z.infer<typeof QueuesPage>;

/** GET /api/dashboard/queues/:queue/keys: the most starved concurrency key first, up to 50 of `count`; runs without a key are under "". */
export const QueueKeys = z.object({
  keys: z.array(z.object({ key: z.string(), queued: z.number().int(), running: z.number().int(), oldestQueuedAt: IsoDate.optional() })),
  count: z.number().int(),
});
export type QueueKeys = z.infer<typeof QueueKeys>;

/** GET /api/dashboard/schedules?page=…&task=…; `tasks`: those that may have schedules. */
export const SchedulesPage = z.object({
  schedules: z.array(ScheduleRow.extend({ last: ScheduleTick.optional() })),
  count: z.number(),
  page: z.number(),
  perPage: z.number(),
  tasks: z.array(z.string()),
});
export type SchedulesPage = z.infer<typeof SchedulesPage>;

/** GET /api/dashboard/keys */
export const ApiKeyRow = z.object({
  id: z.string(),
  name: z.string(),
  /** `tr_prod_…1a2b` */
  display: z.string(),
  isRoot: z.boolean(),
  preset: z.enum(keyPresets),
  /** Of those presets that may name them; none: all tasks. */
  tasks: z.array(z.string()),
  createdBy: z.string().optional(),
  createdAt: IsoDate,
  lastUsedAt: IsoDate.optional(),
  /** Set when it was made, or by its rotation. */
  expiresAt: IsoDate.optional(),
  rotatedAt: IsoDate.optional(),
  revokedAt: IsoDate.optional(),
});
export type ApiKeyRow = z.infer<typeof ApiKeyRow>;
export const ApiKeysPage = z.object({ keys: z.array(ApiKeyRow) });
/** POST /api/dashboard/keys; POST /api/dashboard/keys/:id/rotate; POST /api/dashboard/keys/:id/revoke. The key itself is in the answer once. */
export const ApiKeyCreateBody = z
  .strictObject({
    name: z.string().trim().min(1).max(64),
    preset: z.enum(keyPresets).default("full"),
    tasks: z.array(z.string().trim().min(1).max(limits.nameLength)).max(limits.keyTasks).default([]),
    expiresInDays: z.number().min(0.01).max(3_650).optional(),
  })
  .refine(({ preset, tasks }) => tasks.length === 0 || mayNameTasks(preset), {
    path: ["tasks"],
    error: "only keys that trigger or operate tasks can be confined to some",
  });
/** Old and new key are both valid for so long, so that applications can be changed over. */
export const ApiKeyRotateBody = z.object({
  graceHours: z
    .number()
    .min(0)
    .max(24 * 30)
    .default(24),
});
export const ApiKeyCreated = z.object({ key: z.string(), row: ApiKeyRow });

/** GET /api/dashboard/personal-tokens: those of the person who asks. POST …/:id/revoke */
export const PersonalTokenRow = z.object({
  id: z.string(),
  name: z.string(),
  display: z.string(),
  createdAt: IsoDate,
  lastUsedAt: IsoDate.optional(),
  expiresAt: IsoDate.optional(),
  revokedAt: IsoDate.optional(),
});
export type PersonalTokenRow = z.infer<typeof PersonalTokenRow>;
export const PersonalTokensPage = z.object({ tokens: z.array(PersonalTokenRow) });
export type PersonalTokensPage = z.infer<typeof PersonalTokensPage>;
/** POST /api/dashboard/personal-tokens. The token is in the answer once. */
export const PersonalTokenCreateBody = z.strictObject({
  name: z.string().trim().min(1).max(64),
  expiresInDays: z.number().min(0.01).max(3_650).optional(),
});
export const PersonalTokenCreated = z.object({ token: z.string(), row: PersonalTokenRow });

/** GET /api/v2/whoami: the person behind a personal access token or a session, or the key. */
export const WhoAmI = z.object({
  userId: z.string(),
  email: z.string().optional(),
  dashboardUrl: z.string(),
  key: z.object({ display: z.string(), preset: z.enum(keyPresets) }).optional(),
  environment: z.object({ id: z.string(), slug: z.string(), type: z.string() }),
  project: z.object({ ref: z.string(), name: z.string(), url: z.string(), orgTitle: z.string() }),
});
export type WhoAmI = z.infer<typeof WhoAmI>;

/** GET /api/dashboard/public-tokens */
export const PublicTokenRow = z.object({
  id: z.string(),
  scopes: z.array(z.string()),
  oneTime: z.boolean(),
  note: z.string().optional(),
  createdBy: z.string().optional(),
  createdAt: IsoDate,
  expiresAt: IsoDate,
  lastUsedAt: IsoDate.optional(),
  revokedAt: IsoDate.optional(),
  /** The key that minted it is no longer valid, or the person has no role for it any more. */
  endedWith: z.enum(["key", "person"]).optional(),
});
export type PublicTokenRow = z.infer<typeof PublicTokenRow>;
export const PublicTokensPage = z.object({ tokens: z.array(PublicTokenRow) });
/** POST /api/dashboard/public-tokens {scopes, expirationTime, oneTimeUse, note}; POST /api/dashboard/public-tokens/:id/revoke */
export const PublicTokenMintBody = z.object({
  scopes: Scopes,
  expirationTime: z.union([z.string(), z.number()]),
  oneTimeUse: z.boolean().default(false),
  note: z.string().max(200).optional(),
});
export const PublicTokenMinted = z.object({ token: z.string(), row: PublicTokenRow });

/** GET /api/dashboard/settings: what the server was started with, as far as it may be told. ms where a time is meant; null: no bound. */
export const ServerSettings = z.object({
  origin: z.string(),
  version: z.string(),
  mode: z.enum(["production", "development"]),
  retentionDays: z.number(),
  tokenLifeMs: z.number(),
  rateLimits: z
    .object({
      keys: z.object({ requests: z.number(), perMs: z.number() }),
      publicTokens: z.object({ requests: z.number(), perMs: z.number() }),
    })
    .nullable(),
  debounceMaxMs: z.number().nullable(),
  ttlMaxMs: z.number().nullable(),
  /** 0: any number. */
  queueSizeMax: z.number(),
  defaultMachine: z.string(),
});
export type ServerSettings = z.infer<typeof ServerSettings>;

/** Every error body of the HTTP API. `issues` names fields by path. */
export const ErrorBody = z.object({
  error: z.string(),
  code: z.string().optional(),
  param: z.string().optional(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
