import type { Packet } from "@/lib/contracts/run";
import type { TokenCreateBody, TokenRow, TokenStatus } from "@/lib/contracts/token";
import { parseDue, parseKeyTtl } from "@/lib/time/duration";
import { newId } from "@/lib/ids/ids";
import type { Query } from "../../db/database";
import { encodeText } from "../../db/text";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { discardPacket, offloadPacket } from "../packets";
import { claimRequest, MadeBefore } from "../request-once";
import { checkKey, checkTags } from "../triggering/prepare-run";
import { getToken, toTokenRow, tokenColumns, type StoredToken } from "../reads/tokens";
import { resumeRuns } from "./resume";
import { tokenOutcome } from "./settle";
import { settleWaiters } from "./waiters";

/** Without an idempotency TTL a token's key never expires; stored as a hundred years. */
const foreverMs = 100 * 365 * 86_400_000;

const freeSql = "update waitpoint set idempotency_key = null where env_id = $1 and idempotency_key = $2 and idempotency_expires_at < now()";
const createSql = `
with w as (
  insert into waitpoint (id, env_id, tags, timeout_at, created_by_run, idempotency_key, idempotency_expires_at)
  select $1, $2, $3, $4::timestamptz, $5, $6, case when $6::text is not null then now() + $7 * interval '1 ms' end
  on conflict (env_id, idempotency_key) where idempotency_key is not null do nothing
  returning ${tokenColumns}
),
t as (insert into run_timer (env_id, kind, ref, due_at) select $2, 'token', id, timeout_at from w where timeout_at is not null)
select * from w`;
const holderSql = `select ${tokenColumns} from waitpoint where env_id = $1 and idempotency_key = $2`;

interface Made {
  token: TokenRow;
  isCached: boolean;
}

interface Creation {
  runId?: string;
  /** Id of the request, the same one for its retries: they get the token that the first made. */
  requestKey?: string;
  /** Done in the same commit. */
  alongside?: (query: Query, made: Made) => Promise<void>;
}

/** A token that somebody outside completes. With a key that is taken, the token that holds it, answered or not. */
export async function createToken(engine: Engine, body: TokenCreateBody, by: Creation): Promise<Made> {
  try {
    return await makeToken(engine, body, by);
  } catch (error) {
    const token = error instanceof MadeBefore ? await getToken(engine.db, engine.env.id, error.ref) : null;
    if (token === null) throw error;
    return { token, isCached: false };
  }
}

async function makeToken(engine: Engine, body: TokenCreateBody, by: Creation): Promise<Made> {
  const timeout = body.timeout === undefined ? null : parseDue(body.timeout, engine.clock.now());
  if (body.timeout !== undefined && timeout === null) {
    throw new EngineError(422, `"${body.timeout}" is neither a duration such as "10m" nor an ISO date.`, { param: "timeout" });
  }
  const ttlMs = body.idempotencyKeyTTL === undefined ? foreverMs : parseKeyTtl(body.idempotencyKeyTTL);
  if (ttlMs === null)
    throw new EngineError(422, `"${body.idempotencyKeyTTL}" is not a number and a unit (s, m, h, d), such as "10m".`, {
      param: "idempotencyKeyTTL",
    });
  const key = body.idempotencyKey ?? null;
  if (key !== null) checkKey(key, "idempotencyKey");
  const tags = checkTags(body.tags ?? []);
  const made = await engine.db.transaction(async (query) => {
    // A transaction that is made again makes another token: its first try was rolled back.
    const params = [newId("waitpoint"), engine.env.id, tags, timeout?.toISOString() ?? null, by.runId ?? null, key, ttlMs];
    if (key !== null) await query(freeSql, [engine.env.id, key]);
    const [created] = await query<StoredToken>(createSql, params);
    // A statement of its own: it sees who was first.
    const [held] = created === undefined ? await query<StoredToken>(holderSql, [engine.env.id, key]) : [created];
    if (held === undefined) throw new EngineError(503, "The token's idempotency key is being changed by others; try again.");
    if (created !== undefined && by.requestKey !== undefined)
      await claimRequest(query, engine.env.id, { kind: "waitpoint", key: by.requestKey, ref: created.id });
    const result = { token: toTokenRow(held), isCached: created === undefined };
    await by.alongside?.(query, result);
    return result;
  });
  if (!made.isCached) {
    engine.counts.tokensWaiting += 1;
    if (timeout !== null) engine.timers.expect(timeout.getTime());
    engine.feed.emit("tokens", [made.token]);
  }
  return made;
}

const completeSql = `
with w as (
  update waitpoint set status = $3, output = $4, output_type = $5, completed_by = $6, completed_at = now()
   where id = $1 and env_id = $2 and status = 'WAITING' returning ${tokenColumns}
),
t as (delete from run_timer where kind = 'token' and ref = $1)
select * from w`;

/** Answers a token; the first answer stands, and everything that waits for it goes on. */
export async function completeToken(
  engine: Engine,
  tokenId: string,
  output: Packet,
  { by }: { by: string },
): Promise<{ token: TokenRow; first: boolean }> {
  const packet = await offloadPacket(engine.packets, output, `${tokenId}/output`);
  try {
    const ended = await endToken(engine, tokenId, { status: "COMPLETED", packet, by });
    if (!ended.first) await discardPacket(engine.packets, packet);
    return ended;
  } catch (error) {
    // Of any other error it is not known whether the answer was stored.
    if (error instanceof EngineError) await discardPacket(engine.packets, packet);
    throw error;
  }
}

/** The time-out of a token is due. */
export async function timeOutToken(engine: Engine, tokenId: string): Promise<void> {
  await endToken(engine, tokenId, { status: "TIMED_OUT", packet: null, by: "timeout" });
}

async function endToken(
  engine: Engine,
  tokenId: string,
  end: { status: Exclude<TokenStatus, "WAITING">; packet: Packet | null; by: string },
): Promise<{ token: TokenRow; first: boolean }> {
  const result = await engine.db.transaction(async (query) => {
    const data = end.packet?.data;
    const [stored] = await query<StoredToken>(completeSql, [
      tokenId,
      engine.env.id,
      end.status,
      typeof data === "string" ? encodeText(data) : null,
      end.packet?.dataType ?? null,
      end.by,
    ]);
    // A statement of its own: it sees every wait that was committed before the token's row was locked.
    return stored === undefined ? null : { stored, parents: await settleWaiters(query, tokenId, tokenOutcome(stored)) };
  });
  if (result === null) {
    const token = await getToken(engine.db, engine.env.id, tokenId);
    if (token === null) throw new EngineError(404, `Wait token ${tokenId} not found in this environment.`);
    return { token, first: false };
  }
  engine.counts.tokensWaiting = Math.max(0, engine.counts.tokensWaiting - 1);
  const token = toTokenRow(result.stored);
  engine.feed.emit("tokens", [token]);
  if (result.parents.length > 0) await resumeRuns(engine, result.parents);
  return { token, first: true };
}
