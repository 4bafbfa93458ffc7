import type { z } from "zod";
import * as answer from "@/lib/contracts/api-answers";
import {
  EnvironmentLimitBody,
  EnvironmentPauseBody,
  InputBody,
  KeyResetBody,
  LimitOverrideBody,
  LimitPauseBody,
  LimitResetBody,
  QueueOverrideBody,
  QueuePauseBody,
  QueueResetBody,
  RescheduleBody,
  TagsBody,
} from "@/lib/contracts/api-bodies";
import { BulkBody } from "@/lib/contracts/bulk";
import { WhoAmI } from "@/lib/contracts/dashboard";
import { DeploymentCreateBody, DeploymentCreated, DeploymentFinishBody, DeploymentUpload } from "@/lib/contracts/deployments";
import {
  BranchBody,
  EnvironmentCreateBody,
  EnvironmentCreated,
  EnvironmentDeployBody,
  EnvironmentDeployed,
  EnvironmentList,
  EnvironmentRow,
  EnvironmentUpdateBody,
} from "@/lib/contracts/environment";
import { ErrorIgnoreBody, ErrorResolveBody } from "@/lib/contracts/error-group";
import { ScheduleCreateBody, ScheduleUpdateBody } from "@/lib/contracts/schedule";
import { MintBody } from "@/lib/contracts/scope";
import { TokenCompleteBody, TokenCreateBody } from "@/lib/contracts/token";
import {
  BatchCreateBody,
  BatchItem,
  MetadataBody,
  OneShotBatchBody,
  ReplayBody,
  TaskBatchBody,
  TriggerBody,
} from "@/lib/contracts/trigger";
import { VariableCreateBody, VariableImportBody, VariableUpdateBody } from "@/lib/contracts/variables";

/** What the document of the API says about a route beyond what its rule does. */
export interface Documented {
  about: string;
  /** Names of query parameters. */
  query?: readonly string[];
  body?: z.ZodType;
  /** Of the body; JSON when it is left out. */
  bodyType?: string;
  /** Undefined: it answers no JSON. */
  answer?: z.ZodType;
  answerType?: string;
  status?: 200 | 202;
}

const cursor = ["page[size]", "page[after]", "page[before]"];
const created = ["filter[createdAt][from]", "filter[createdAt][to]", "filter[createdAt][period]"];
const numbered = ["page", "perPage"];
const runFilters = [
  "status",
  "taskIdentifier",
  "version",
  "bulkAction",
  "error",
  "tag",
  "schedule",
  "isTest",
  "batch",
  "queue",
  "machine",
  "region",
].map((name) => `filter[${name}]`);
const shape = ["offset", "handle", "live", "cursor", "skipColumns"];
const signed = ["expires", "sig"];

/** Every route that is not the dashboard's own, by the method and path of the router. */
export const documented: Record<string, Documented> = {
  "POST /api/v1/tasks/:task/trigger": {
    about: "Triggers a task. With wait, the answer is held up to so many seconds for the end of the run.",
    query: ["wait"],
    body: TriggerBody,
    answer: answer.TriggerAnswer,
  },
  "POST /api/v3/batches": {
    about: "Makes a batch; its items follow.",
    body: BatchCreateBody,
    answer: answer.BatchCreateAnswer,
    status: 202,
  },
  "POST /api/v3/batches/:batchId/items": {
    about: "Sends the items of a batch, one JSON object per line. Sending them again changes nothing.",
    body: BatchItem,
    bodyType: "application/x-ndjson",
    answer: answer.BatchItemsAnswer,
  },
  "POST /api/v2/tasks/batch": {
    about: "Makes a batch with all of its items.",
    body: OneShotBatchBody,
    answer: answer.BatchCreateAnswer,
    status: 202,
  },
  "POST /api/v1/tasks/batch": {
    about: "The same, of older clients.",
    body: OneShotBatchBody,
    answer: answer.BatchCreateAnswer,
    status: 202,
  },
  "POST /api/v1/tasks/:task/batch": {
    about: "Makes a batch of one task with all of its items, of version 3 clients.",
    body: TaskBatchBody,
    answer: answer.TaskBatchAnswer,
  },
  "GET /api/v2/batches/:batchId": { about: "A batch and the ids of its runs.", answer: answer.BatchAnswer },
  "GET /api/v1/batches/:batchId": { about: "The same, of older clients.", answer: answer.BatchV1Answer },
  "GET /api/v1/batches/:batchId/results": {
    about: "How the runs of a batch ended, as far as they have.",
    answer: answer.BatchResultsAnswer,
  },

  "GET /api/v1/runs": {
    about: "Lists runs, newest first. Several values of a filter are joined by commas.",
    query: [...runFilters, ...created, ...cursor],
    answer: answer.RunsAnswer,
  },
  "GET /api/v1/projects/:ref/runs": {
    about: "Lists runs of a project.",
    query: ["filter[env]", ...runFilters, ...created, ...cursor],
    answer: answer.RunsAnswer,
  },
  "GET /api/v3/runs/:runId": { about: "A run with its payload, output and relatives.", answer: answer.RunAnswer },
  "GET /api/v1/runs/:runId/result": {
    about: "How a run ended; 404 while it has not. With wait, held up to so many seconds.",
    query: ["wait"],
    answer: answer.ResultAnswer,
  },
  "GET /api/v1/runs/:runId/metadata": { about: "Metadata of a run.", answer: answer.MetadataAnswer },
  "PUT /api/v1/runs/:runId/metadata": {
    about: "Replaces or changes the metadata of a run, its parent and its root.",
    body: MetadataBody,
    answer: answer.MetadataAnswer,
  },
  "GET /api/v1/runs/:runId/events": { about: "What happened to a run, in order.", answer: answer.EventsAnswer },
  "GET /api/v1/runs/:runId/trace": {
    about: "Spans and logs of a run and of what it waited for: a tree, or a list in pages.",
    query: ["page[size]", "page[after]"],
    answer: answer.TraceAnswer,
  },
  "GET /api/v1/runs/:runId/spans/:spanId": { about: "One span or log of a run.", answer: answer.SpanAnswer },
  "GET /api/v1/runs/:runId/packets/:field": {
    about: "Where a payload or output that is kept apart is fetched from.",
    answer: answer.PacketAnswer,
  },
  "POST /api/v2/runs/:runId/cancel": { about: "Cancels a run. One that has ended stays as it is.", answer: answer.Id },
  "POST /api/v1/runs/:runId/cancel": { about: "The same, of older clients.", answer: answer.Id },
  "POST /api/v1/runs/:runId/replay": {
    about: "Makes a new run like this one, with what the body changes.",
    body: ReplayBody,
    answer: answer.Id,
  },
  "POST /api/v1/runs/:runId/reschedule": { about: "Moves the start of a delayed run.", body: RescheduleBody, answer: answer.RunAnswer },
  "POST /api/v1/runs/:runId/tags": { about: "Adds tags to a run.", body: TagsBody, answer: answer.MessageAnswer },
  "POST /api/v1/idempotencyKeys/:key/reset": {
    about: "Frees an idempotency key; the address has its hash.",
    body: KeyResetBody,
    answer: answer.Id,
  },

  "POST /api/v1/bulk-actions": {
    about: "Cancels or replays all runs of a filter or a list.",
    body: BulkBody,
    answer: answer.Id,
    status: 202,
  },
  "GET /api/v1/bulk-actions": { about: "Lists bulk actions, newest first.", query: cursor, answer: answer.BulksAnswer },
  "GET /api/v1/bulk-actions/:bulkId": { about: "A bulk action and how far it is.", answer: answer.BulkAnswer },
  "POST /api/v1/bulk-actions/:bulkId/abort": { about: "Leaves the rest of a bulk action undone.", answer: answer.Id },

  "GET /api/v1/errors": {
    about: "Lists errors, grouped by what is the same about them.",
    query: ["filter[status]", "filter[taskIdentifier]", "filter[version]", "filter[search]", ...cursor],
    answer: answer.ErrorsAnswer,
  },
  "GET /api/v1/errors/:errorId": { about: "A group of errors.", answer: answer.ErrorAnswer },
  "POST /api/v1/errors/:errorId/resolve": {
    about: "Marks an error as resolved; it opens again when it comes again.",
    body: ErrorResolveBody,
    answer: answer.ErrorAnswer,
  },
  "POST /api/v1/errors/:errorId/ignore": {
    about: "Ignores an error, for a time, a count or a rate, or for good.",
    body: ErrorIgnoreBody,
    answer: answer.ErrorAnswer,
  },
  "POST /api/v1/errors/:errorId/unresolve": { about: "Opens an error again.", answer: answer.ErrorAnswer },

  "POST /api/v1/waitpoints/tokens": { about: "Makes a wait token.", body: TokenCreateBody, answer: answer.TokenMadeAnswer },
  "GET /api/v1/waitpoints/tokens": {
    about: "Lists wait tokens, newest first.",
    query: ["filter[status]", "filter[idempotencyKey]", "filter[tags]", ...created, ...cursor],
    answer: answer.TokensAnswer,
  },
  "GET /api/v1/waitpoints/tokens/:tokenId": { about: "A wait token and its answer.", answer: answer.TokenAnswer },
  "POST /api/v1/waitpoints/tokens/:tokenId/complete": {
    about: "Answers a wait token. The first answer counts.",
    body: TokenCompleteBody,
    answer: answer.Success,
  },
  "POST /api/v1/waitpoints/tokens/:tokenId/callback/:code": {
    about: "The token's own address: the body is the answer, and the code the credential.",
    bodyType: "*/*",
    answer: answer.Success,
  },

  "GET /api/v1/queues": { about: "Lists queues.", query: numbered, answer: answer.QueuesAnswer },
  "GET /api/v1/queues/:queue": {
    about: "A queue by id, or by the name of a task or of its own.",
    query: ["type"],
    answer: answer.QueueAnswer,
  },
  "POST /api/v1/queues/:queue/pause": { about: "Pauses or resumes a queue.", body: QueuePauseBody, answer: answer.QueueAnswer },
  "POST /api/v1/queues/:queue/concurrency/override": {
    about: "Sets the limit of a queue over the declared one.",
    body: QueueOverrideBody,
    answer: answer.QueueAnswer,
  },
  "POST /api/v1/queues/:queue/concurrency/reset": {
    about: "Goes back to the declared limit.",
    body: QueueResetBody,
    answer: answer.QueueAnswer,
  },
  "GET /api/v1/concurrency-limits": { about: "Lists named concurrency limits.", query: numbered, answer: answer.LimitsAnswer },
  "GET /api/v1/concurrency-limits/:name": {
    about: "A named concurrency limit, or what one key of it gets.",
    query: ["concurrencyKey"],
    answer: answer.LimitOrKeyAnswer,
  },
  "POST /api/v1/concurrency-limits/:name/override": {
    about: "Sets a named limit over the declared one, for all or for one key.",
    body: LimitOverrideBody,
    answer: answer.LimitOrKeyAnswer,
  },
  "POST /api/v1/concurrency-limits/:name/reset": {
    about: "Goes back to what is declared.",
    body: LimitResetBody,
    answer: answer.LimitOrKeyAnswer,
  },
  "POST /api/v1/concurrency-limits/:name/pause": {
    about: "Pauses or resumes what is under a named limit.",
    body: LimitPauseBody,
    answer: answer.LimitAnswer,
  },
  "GET /api/v1/environment": { about: "The environment: what runs, what waits, its limit.", answer: answer.EnvironmentAnswer },
  "POST /api/v1/environment/pause": {
    about: "Pauses or resumes all queues together.",
    body: EnvironmentPauseBody,
    answer: answer.EnvironmentAnswer,
  },
  "POST /api/v1/environment/concurrency": {
    about: "Sets the limit of the environment.",
    body: EnvironmentLimitBody,
    answer: answer.EnvironmentAnswer,
  },

  "POST /api/v1/schedules": {
    about: "Makes a schedule, or changes the one that has the key.",
    body: ScheduleCreateBody,
    answer: answer.ScheduleAnswer,
  },
  "GET /api/v1/schedules": { about: "Lists schedules.", query: numbered, answer: answer.SchedulesAnswer },
  "GET /api/v1/schedules/:scheduleId": { about: "A schedule.", answer: answer.ScheduleAnswer },
  "PUT /api/v1/schedules/:scheduleId": { about: "Changes a schedule.", body: ScheduleUpdateBody, answer: answer.ScheduleAnswer },
  "DELETE /api/v1/schedules/:scheduleId": { about: "Removes a schedule.", answer: answer.Id },
  "POST /api/v1/schedules/:scheduleId/activate": { about: "Starts a schedule again.", answer: answer.ScheduleAnswer },
  "POST /api/v1/schedules/:scheduleId/deactivate": { about: "Stops a schedule.", answer: answer.ScheduleAnswer },
  "GET /api/v1/timezones": { about: "Names of time zones.", query: ["excludeUtc"], answer: answer.TimezonesAnswer },

  "GET /api/v1/projects/:ref/envvars/:slug": {
    about: "Variables of an environment; secret values are not shown.",
    answer: answer.VariablesAnswer,
  },
  "POST /api/v1/projects/:ref/envvars/:slug": { about: "Sets a variable.", body: VariableCreateBody, answer: answer.Success },
  "POST /api/v1/projects/:ref/envvars/:slug/import": {
    about: "Sets many variables at once; also takes a form with a .env file.",
    body: VariableImportBody,
    answer: answer.Success,
  },
  "GET /api/v1/projects/:ref/envvars/:slug/:name": { about: "A variable.", answer: answer.VariableAnswer },
  "PUT /api/v1/projects/:ref/envvars/:slug/:name": { about: "Changes a variable.", body: VariableUpdateBody, answer: answer.Success },
  "DELETE /api/v1/projects/:ref/envvars/:slug/:name": { about: "Removes a variable.", answer: answer.Success },

  "GET /api/v1/deployments": {
    about: "Lists deployed versions, newest first.",
    query: ["status", "period", "from", "to", ...cursor],
    answer: answer.DeploymentsAnswer,
  },
  "GET /api/v1/deployments/current": { about: "The version that new runs get.", answer: answer.ListedDeploymentAnswer },
  "GET /api/v1/deployments/latest": { about: "The version that was deployed last.", answer: answer.DeploymentAnswer },
  "GET /api/v1/deployments/:deployment": { about: "A version with its tasks, by id or version.", answer: answer.DeploymentAnswer },
  "POST /api/v1/deployments/:version/promote": { about: "Makes a version the current one.", answer: answer.PromotedAnswer },

  "POST /api/v1/deployments": {
    about: "Announces a build that is going to be uploaded; its version is known from then on.",
    body: DeploymentCreateBody,
    answer: DeploymentCreated,
  },
  "GET /api/v1/deployments/:deployment/upload": { about: "How far an upload has come.", answer: DeploymentUpload },
  "PUT /api/v1/deployments/:deployment/upload": {
    about: "Sends a part of the build, from where the upload has come to.",
    query: ["offset"],
    bodyType: "application/octet-stream",
    answer: DeploymentUpload,
  },
  "POST /api/v1/deployments/:deployment/finish": {
    about: "The build is there: it is checked, loaded and promoted.",
    body: DeploymentFinishBody,
    answer: answer.DeploymentMovedAnswer,
  },
  "POST /api/v1/deployments/:deployment/cancel": { about: "Gives an upload up.", answer: answer.DeploymentMovedAnswer },

  "GET /api/v1/environments": { about: "Lists the environments of this server, archived ones too.", answer: EnvironmentList },
  "POST /api/v1/environments": {
    about: "Makes an environment; its secret key is in this answer alone.",
    body: EnvironmentCreateBody,
    answer: EnvironmentCreated,
  },
  "PUT /api/v1/environments/:slug": { about: "Renames an environment.", body: EnvironmentUpdateBody, answer: EnvironmentRow },
  "POST /api/v1/environments/:slug/archive": {
    about: "Archives an environment: its keys are refused and nothing runs in it.",
    answer: EnvironmentRow,
  },
  "POST /api/v1/environments/:slug/restore": { about: "Takes an archived environment up again.", answer: EnvironmentRow },
  "POST /api/v1/environments/:slug/deployments": {
    about: "Deploys the build of a version of the main environment to another one.",
    body: EnvironmentDeployBody,
    answer: EnvironmentDeployed,
  },
  "GET /api/v1/projects/:ref/branches": { about: "Lists the environments of preview branches.", answer: answer.BranchesAnswer },
  "POST /api/v1/projects/:ref/branches": {
    about: "Makes the environment of a preview branch, or answers the one that is there.",
    body: BranchBody,
    answer: EnvironmentRow,
  },
  "POST /api/v1/projects/:ref/branches/archive": {
    about: "Archives the environment of a preview branch.",
    body: BranchBody,
    answer: EnvironmentRow,
  },

  "POST /api/v1/auth/jwt/claims": { about: "Claims for a public token that the caller signs itself.", answer: answer.ClaimsAnswer },
  "POST /api/v1/auth/public-tokens": { about: "Makes a public access token.", body: MintBody, answer: answer.MintAnswer },
  "GET /api/v2/whoami": { about: "Who the credential belongs to, and where it is valid.", answer: WhoAmI },

  "PUT /api/v2/packets/:key": { about: "Where a large payload is uploaded to.", answer: answer.PacketPutAnswer },
  "PUT /api/v1/packets/:key": { about: "The same, of older clients.", answer: answer.PacketAnswer },
  "GET /api/v1/packets/:key": { about: "Where something that is kept apart is fetched from.", answer: answer.PacketAnswer },
  "PUT /packets/:key": { about: "An address to upload to; it is signed.", query: signed, bodyType: "*/*" },
  "GET /packets/:key": { about: "An address to fetch from; it is signed.", query: signed, answerType: "*/*" },

  "GET /realtime/v1/runs/:runId": { about: "Follows a run: rows as a log, with long polling.", query: shape, answer: answer.ShapeAnswer },
  "GET /realtime/v1/runs": {
    about: "Follows the runs that have all of the tags.",
    query: ["tags", "createdAt", ...shape],
    answer: answer.ShapeAnswer,
  },
  "GET /realtime/v1/batches/:batchId": { about: "Follows the runs of a batch.", query: shape, answer: answer.ShapeAnswer },
  "GET /realtime/v1/streams/:runId/:key": { about: "Reads a stream of a run as server-sent events.", answerType: "text/event-stream" },
  "GET /realtime/v1/streams/:runId/input/:streamId": { about: "Reads what was sent into a run.", answerType: "text/event-stream" },
  "POST /realtime/v1/streams/:runId/input/:streamId": { about: "Sends something into a run.", body: InputBody, answer: answer.OkAnswer },
  "PUT /realtime/v1/streams/:runId/:target/:key": { about: "Announces a stream.", answer: answer.StreamOpenAnswer, status: 202 },
  "POST /realtime/v1/streams/:runId/:target/:key": {
    about: "Writes to a stream, one chunk per line.",
    bodyType: "application/x-ndjson",
    answer: answer.OkAnswer,
  },
  "GET /realtime/v1/streams/:runId/:target/:key": { about: "How far a writer has come.", answer: answer.StreamPlaceAnswer },
  "POST /realtime/v1/streams/:runId/:target/:key/append": { about: "Appends one chunk.", bodyType: "text/plain", answer: answer.OkAnswer },
  "GET /api/openapi.json": { about: "This document." },
};

/** Pages of the dashboard change with it, and are no promise to others. */
export const isOwnRoute = (path: string): boolean => /^\/api\/(dashboard|auth|setup|join|person-link|reset-password)(\/|$)/.test(path);

/** Name of a route in the table: without the forms of its parameters. */
export const documentedName = (method: string, path: string): string => `${method} ${path.replaceAll(/\{[^}]*\}/g, "")}`;
