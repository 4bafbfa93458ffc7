import type { Query } from "../db/database";
import { checkKey } from "./triggering/prepare-run";

/** Thrown in the transaction of a request that an earlier try of the same one has done: it is undone, and `ref` is what was made. */
export class MadeBefore extends Error {
  override readonly name = "MadeBefore";
  constructor(readonly ref: string) {
    super(`this request has made ${ref} before`);
  }
}

/** Clients keep one id over the retries of a call; it is remembered for a day, as long as they retry. */
const claimSql = `
insert into request_key as k (env_id, kind, key, ref, expires_at) values ($1, $2, $3, $4, now() + interval '1 day')
on conflict (env_id, kind, key) do update set ref = excluded.ref, expires_at = excluded.expires_at where k.expires_at < now()
returning ref`;

/** Stores the request's id with what it makes, in the same transaction. Of two tries at once the later one waits for the first. */
export async function claimRequest(
  query: Query,
  envId: string,
  request: { kind: "batch" | "bulk" | "waitpoint" | "schedule" | "token" | "variables"; key: string; ref: string },
): Promise<void> {
  checkKey(request.key, "x-trigger-request-idempotency-key");
  const params = [envId, request.kind, request.key];
  const taken = await query(claimSql, [...params, request.ref]);
  if (taken.length > 0) return;
  const [made] = await query<{ ref: string }>("select ref from request_key where env_id = $1 and kind = $2 and key = $3", params);
  throw new MadeBefore(made?.ref ?? request.ref);
}
