import type { AlertChannel, ChannelTarget } from "@/lib/contracts/alerts";
import { alertLimits } from "@/lib/contracts/alerts-choices";
import { newId } from "@/lib/ids/ids";
import type { Vault } from "../../db/keys";
import type { Engine } from "../engine";
import { EngineError } from "../error";

interface StoredChannel {
  id: string;
  name: string;
  kind: AlertChannel["kind"];
  shown: string;
  created_by: string;
  created_at: string;
}

const columns = "id, name, kind, shown, created_by, created_at";
const toChannel = ({ created_by: createdBy, created_at: createdAt, ...row }: StoredChannel): AlertChannel => ({
  ...row,
  createdBy,
  createdAt,
});

export async function listChannels({ db, env }: Pick<Engine, "db" | "env">): Promise<AlertChannel[]> {
  const rows = await db.lists<StoredChannel>(`select ${columns} from alert_channel where env_id = $1 order by name, id limit $2`, [
    env.id,
    alertLimits.channels,
  ]);
  return rows.map(toChannel);
}

/** What may be shown of it for ever: never a path, which is a secret with Slack, nor who signs in. */
function shownOf(target: ChannelTarget): string {
  if (target.kind === "email") return `${target.to.join(", ")} by ${new URL(target.smtp).host}`;
  return new URL(target.url).host;
}

export async function createChannel(
  { db, env, feed }: Engine,
  vault: Vault,
  { name, target, by }: { name: string; target: ChannelTarget; by: string },
): Promise<AlertChannel> {
  const id = newId("channel");
  const rows = await db.transaction(async (query) => {
    await query("select id from environment where id = $1 for no key update", [env.id]);
    const [held] = await query<{ n: number }>("select count(*)::int as n from alert_channel where env_id = $1", [env.id]);
    if ((held?.n ?? 0) >= alertLimits.channels)
      throw new EngineError(400, `An environment has at most ${alertLimits.channels} channels. Delete one first.`);
    return query<StoredChannel>(
      `insert into alert_channel (id, env_id, name, kind, sealed, shown, created_by) values ($1, $2, $3, $4, $5, $6, $7) returning ${columns}`,
      [id, env.id, name, target.kind, vault.seal(JSON.stringify(target), `alert-channel ${id}`), shownOf(target), by],
    );
  });
  feed.emit("news", ["alerts"]);
  const [row] = rows;
  if (row === undefined) throw new Error(`channel ${id} was stored and is not there`);
  return toChannel(row);
}

/** Rules that tell it stay, without it. */
export async function deleteChannel({ db, env, feed }: Engine, id: string): Promise<void> {
  const rows = await db.transaction(async (query) => {
    await query("update alert_rule set channels = array_remove(channels, $2) where env_id = $1 and $2 = any(channels)", [env.id, id]);
    return query("delete from alert_channel where env_id = $1 and id = $2 returning id", [env.id, id]);
  });
  if (rows.length === 0) throw noChannel(id);
  feed.emit("news", ["alerts"]);
}

export async function sealedChannel(
  { db, env }: Engine,
  id: string,
): Promise<{ id: string; name: string; kind: AlertChannel["kind"]; sealed: Buffer }> {
  const [row] = await db.query<{ id: string; name: string; kind: AlertChannel["kind"]; sealed: Buffer }>(
    "select id, name, kind, sealed from alert_channel where env_id = $1 and id = $2",
    [env.id, id],
  );
  if (row === undefined) throw noChannel(id);
  return row;
}

const noChannel = (id: string) => new EngineError(404, `Channel ${id.slice(0, 64)} not found.`);
