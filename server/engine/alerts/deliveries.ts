import type { AlertCondition } from "@/lib/contracts/alerts";
import type { ChannelKind } from "@/lib/contracts/alerts-choices";
import type { Engine } from "../engine";
import { readCondition } from "./rules";

/** One telling of an event, to be sent now. */
export interface Delivery {
  id: string;
  attempts: number;
  channel: { id: string; name: string; kind: ChannelKind; sealed: Buffer };
  event: { id: string; kind: "firing" | "resolved"; at: string; value: number | null };
  rule: { id: string; name: string; condition: AlertCondition; firstFiredAt: string; firings: number };
}

const leaseSeconds = 60;
const perClaim = 10;
/** Tried so often, over some nine hours; then it is given up. */
const mostAttempts = 12;

/** A lease that ran out is one of a process that died, or that hangs: it is sent again. */
const claimSql = `
with due as (
  update alert_delivery set attempts = attempts + 1, leased_until = now() + interval '${leaseSeconds} seconds'
   where id = any(array(
     select id from alert_delivery where env_id = $1 and delivered_at is null and failed_at is null and due_at <= now() and (leased_until is null or leased_until <= now())
      order by due_at limit ${perClaim} for update skip locked))
  returning id, attempts, event_id, channel_id
)
select due.id, due.attempts, c.id as channel_id, c.name as channel_name, c.kind as channel_kind, c.sealed, e.id as event_id, e.kind as event_kind, e.at, e.value,
       r.id as rule_id, r.name as rule_name, r.condition,
       (select min(at) from alert_event where rule_id = r.id and kind = 'firing') as first_at, (select count(*)::int from alert_event where rule_id = r.id and kind = 'firing') as firings
  from due join alert_event e on e.id = due.event_id join alert_rule r on r.id = e.rule_id join alert_channel c on c.id = due.channel_id`;

interface Claimed {
  id: string;
  attempts: number;
  channel_id: string;
  channel_name: string;
  channel_kind: ChannelKind;
  sealed: Buffer;
  event_id: string;
  event_kind: "firing" | "resolved";
  at: string;
  value: number | null;
  rule_id: string;
  rule_name: string;
  condition: string;
  first_at: string;
  firings: number;
}

/** Deliveries that are due and nobody else sends: this process has them for a minute. */
export async function claimDeliveries({ db, env }: Engine): Promise<Delivery[]> {
  const rows = await db.query<Claimed>(claimSql, [env.id]);
  return rows.map((row) => ({
    id: row.id,
    attempts: row.attempts,
    channel: { id: row.channel_id, name: row.channel_name, kind: row.channel_kind, sealed: row.sealed },
    event: { id: row.event_id, kind: row.event_kind, at: row.at, value: row.value },
    rule: {
      id: row.rule_id,
      name: row.rule_name,
      condition: readCondition(row.condition),
      firstFiredAt: row.first_at,
      firings: row.firings,
    },
  }));
}

/** `error` null: it was taken. Else it is tried again after 10 s, 20 s, 40 s and so on, an hour at most, until it is given up. */
export async function closeDelivery({ db, feed }: Engine, { id, attempts }: Delivery, error: string | null): Promise<void> {
  if (error === null)
    await db.query("update alert_delivery set delivered_at = now(), leased_until = null, error = null where id = $1", [id]);
  else {
    await db.query(
      "update alert_delivery set leased_until = null, error = $2, due_at = now() + $3 * interval '1 second', failed_at = case when $4 then now() end where id = $1 and delivered_at is null",
      [id, error.slice(0, 500), Math.min(3600, 10 * 2 ** (attempts - 1)), attempts >= mostAttempts],
    );
  }
  feed.emit("news", ["alerts"]);
}
