import { z } from "zod";
import { TokenResult } from "@/lib/contracts/ipc";
import { tokenStatuses, type TokenStatus } from "@/lib/contracts/token";
import { sleep, type ApiRequestOptions } from "@/lib/client/http";
import { requestPages, type CursorPageParams, type CursorPagePromise } from "@/lib/client/pages";
import { encodePacket } from "@/lib/values/packet";
import { toPlainText } from "@/lib/values/to-plain";
import { apiClient, speaksToOwnEngine } from "./api";
import { WaitpointTimeoutError } from "./errors";
import { readPacket } from "./packets";
import { ManualWaitpointPromise, type TypedResult } from "./result";
import { dueMeant, textMeant, textsMeant } from "./meant";
import { currentRun, requireRun } from "./scope";
import { waitFor } from "./waiting";

export interface CommonWaitOptions {
  /** A finished wait with the same key is skipped on a retry. Without effect up to 5 s. */
  idempotencyKey?: string | undefined;
  idempotencyKeyTTL?: string | undefined;
}
type Period =
  | { seconds: number }
  | { minutes: number }
  | { hours: number }
  | { days: number }
  | { weeks: number }
  | { months: number }
  | { years: number };
export type WaitForOptions = Period & CommonWaitOptions;
export interface CreateTokenOptions {
  /** Duration or date; none: the token waits for ever. */
  timeout?: string | Date | undefined;
  tags?: string | string[] | undefined;
  idempotencyKey?: string | undefined;
  idempotencyKeyTTL?: string | undefined;
}
export interface CreatedToken {
  id: string;
  isCached: boolean;
  /** A POST of JSON to it completes the token. */
  url: string;
  /** May complete this token, for 24 h. */
  publicAccessToken: string;
}
export type TokenReference = string | { id: string };

/** Up to here a wait is a timer of the process: no row, no hooks, and its time counts as compute. */
export const shortWaitMs = 5000;

const unitMs = {
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
  months: 30 * 86_400_000,
  years: 365 * 86_400_000,
};

function durationOf(options: WaitForOptions): number {
  const given = Object.entries(unitMs).filter(([unit]) => unit in options);
  const [only] = given;
  if (only === undefined || given.length > 1) throw new TypeError(`wait.for takes exactly one of ${Object.keys(unitMs).join(", ")}`);
  const ms = Number(Reflect.get(options, only[0])) * only[1];
  if (!Number.isFinite(ms)) throw new TypeError(`wait.for: ${only[0]} is not a number`);
  return Math.max(0, Math.round(ms));
}

const isGiven = <T>(value: T | null | undefined): value is T => value !== undefined && value !== null;
const keysOf = ({ idempotencyKey, idempotencyKeyTTL }: CommonWaitOptions) => ({
  ...(isGiven(idempotencyKey) && { idempotencyKey: textMeant("idempotencyKey", idempotencyKey) }),
  ...(isGiven(idempotencyKeyTTL) && { idempotencyKeyTTL: textMeant("idempotencyKeyTTL", idempotencyKeyTTL) }),
});

interface TimeWait extends CommonWaitOptions {
  date: Date;
  /** ms, for `wait.for`. */
  duration?: number;
}

async function waitTill({ date, duration, idempotencyKey, idempotencyKeyTTL }: TimeWait, call: string): Promise<void> {
  const run = requireRun(call);
  const ms = duration ?? date.getTime() - Date.now();
  if (ms <= 0) return;
  if (ms <= shortWaitMs) {
    // Past it already when the journal knows what came after it.
    if (run.operations.replaying()) return;
    return run.tracer.within(call, { icon: "wait", attributes: { until: date.toISOString() } }, () => sleep(ms));
  }
  const keys = keysOf({ idempotencyKey, idempotencyKeyTTL });
  await waitFor(run, {
    operation: { kind: "waitUntil", date: date.toISOString(), ...(duration !== undefined && { durationMs: duration }), ...keys },
    wait: { type: "duration", date },
    ...(duration !== undefined && { durationMs: duration }),
    span: { name: call, icon: "wait", attributes: { until: date.toISOString() } },
  });
}

const idOf = (token: TokenReference): string => textMeant("A wait token", typeof token === "object" && token !== null ? token.id : token);
const TokenCreated = z.object({ id: z.string(), isCached: z.boolean(), url: z.string() });
const TokenMade = TokenCreated.extend({ publicAccessToken: z.string() });

async function createToken(
  { timeout, tags, idempotencyKey, idempotencyKeyTTL }: CreateTokenOptions = {},
  requestOptions?: ApiRequestOptions,
): Promise<CreatedToken> {
  const options = {
    ...(isGiven(timeout) && { timeout: dueMeant("timeout", timeout) }),
    ...(isGiven(tags) && { tags: textsMeant("A tag", tags) }),
    ...keysOf({ idempotencyKey, idempotencyKeyTTL }),
  };
  const run = currentRun();
  if (run !== undefined && speaksToOwnEngine()) {
    return run.tracer.within("wait.createToken()", { icon: "wait" }, async (span) => {
      const made = TokenMade.parse(await run.operations.perform({ kind: "createToken", options }));
      span.attributes["tokenId"] = made.id;
      return made;
    });
  }
  const { data, response } = await apiClient()
    .request(TokenCreated, "/api/v1/waitpoints/tokens", { method: "POST", json: options, options: requestOptions })
    .withResponse();
  return { ...data, publicAccessToken: response.headers.get("x-trigger-jwt") ?? "" };
}

// `T`: callers of the published package name the type of the answer here.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
async function completeToken<T>(token: TokenReference, data: T, requestOptions?: ApiRequestOptions): Promise<{ success: true }> {
  const id = idOf(token);
  const run = currentRun();
  if (run !== undefined && speaksToOwnEngine()) {
    await run.tracer.within("wait.completeToken()", { icon: "wait", attributes: { tokenId: id } }, () =>
      run.operations.perform({ kind: "completeToken", tokenId: id, output: encodePacket(data) }),
    );
    return { success: true };
  }
  await apiClient().request(z.object({ success: z.literal(true) }), `/api/v1/waitpoints/tokens/${encodeURIComponent(id)}/complete`, {
    method: "POST",
    body: data === undefined ? "{}" : `{"data":${toPlainText(data)}}`,
    options: requestOptions,
  });
  return { success: true };
}

function forToken<T>(token: TokenReference): ManualWaitpointPromise<T> {
  return new ManualWaitpointPromise<T>(answerOf<T>(idOf(token)));
}

async function answerOf<T>(tokenId: string): Promise<TypedResult<T>> {
  const run = requireRun("wait.forToken()");
  const result = TokenResult.parse(
    await waitFor(run, {
      operation: { kind: "waitForToken", tokenId },
      wait: { type: "token", token: tokenId },
      span: { name: "wait.forToken()", icon: "wait", attributes: { tokenId } },
    }),
  );
  if (!result.ok) return { ok: false, error: new WaitpointTimeoutError(result.message) };
  // The caller names the type of an answer that comes from outside.
  return { ok: true, output: (await readPacket(result.output)) as T };
}

const TokenItem = z.object({
  id: z.string(),
  url: z.string(),
  status: z.enum(tokenStatuses),
  completedAt: z.coerce.date().optional(),
  timeoutAt: z.coerce.date().optional(),
  idempotencyKey: z.string().optional(),
  idempotencyKeyExpiresAt: z.coerce.date().optional(),
  tags: z.array(z.string()),
  createdAt: z.coerce.date(),
});
const TokenDetail = TokenItem.extend({
  output: z.string().optional(),
  outputType: z.string().optional(),
  outputIsError: z.boolean().optional(),
});
export type WaitpointTokenItem = z.infer<typeof TokenItem>;
export interface WaitpointRetrievedToken<T> extends WaitpointTokenItem {
  output?: T;
  error?: Error;
}

async function retrieveToken<T>(token: TokenReference, requestOptions?: ApiRequestOptions): Promise<WaitpointRetrievedToken<T>> {
  const { output, outputType, outputIsError, ...item } = await apiClient().request(
    TokenDetail,
    `/api/v1/waitpoints/tokens/${encodeURIComponent(idOf(token))}`,
    { options: requestOptions },
  );
  if (output === undefined) return item;
  const value = await readPacket({ data: output, dataType: outputType ?? "application/json" });
  if (outputIsError !== true) return { ...item, output: value as T }; // the caller names the type of an answer from outside
  const message: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "message") : value;
  return { ...item, error: new WaitpointTimeoutError(typeof message === "string" ? message : "The token timed out") };
}

export interface ListTokensParams extends CursorPageParams {
  status?: TokenStatus | TokenStatus[] | undefined;
  idempotencyKey?: string | undefined;
  tags?: string | string[] | undefined;
  period?: string | undefined;
  from?: Date | number | undefined;
  to?: Date | number | undefined;
}

function listTokens(params: ListTokensParams = {}, requestOptions?: ApiRequestOptions): CursorPagePromise<WaitpointTokenItem> {
  const query = new URLSearchParams();
  const put = (name: string, value: string | string[] | Date | number | undefined) => {
    if (value === undefined) return;
    query.set(name, value instanceof Date ? String(value.getTime()) : String(Array.isArray(value) ? value.join(",") : value));
  };
  put("filter[status]", params.status);
  put("filter[idempotencyKey]", params.idempotencyKey);
  put("filter[tags]", params.tags);
  put("filter[createdAt][period]", params.period);
  put("filter[createdAt][from]", params.from);
  put("filter[createdAt][to]", params.to);
  return requestPages(apiClient(), { path: "/api/v1/waitpoints/tokens", item: TokenItem, query, params, options: requestOptions });
}

export const wait = {
  /** Suspends the run for a time. Over 5 s it holds no slot and outlives the process. */
  for: async (options: WaitForOptions): Promise<void> => {
    const duration = durationOf(options);
    await waitTill(
      {
        date: new Date(Date.now() + duration),
        duration,
        idempotencyKey: options.idempotencyKey,
        idempotencyKeyTTL: options.idempotencyKeyTTL,
      },
      "wait.for()",
    );
  },
  /** Suspends the run till a date; a past one returns at once, or throws with `throwIfInThePast`. */
  until: async ({
    date: given,
    throwIfInThePast,
    ...keys
  }: { date: Date; throwIfInThePast?: boolean | undefined } & CommonWaitOptions): Promise<void> => {
    const date = new Date(given);
    if (Number.isNaN(date.getTime())) throw new TypeError("wait.until: date is not a date");
    if (throwIfInThePast === true && date.getTime() < Date.now()) throw new Error(`wait.until: ${date.toISOString()} is in the past`);
    await waitTill({ date, ...keys }, "wait.until()");
  },
  createToken,
  forToken,
  completeToken,
  retrieveToken,
  listTokens,
};
