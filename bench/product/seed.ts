import { Client } from "pg";
import { openCluster } from "@/server/db/postgres/cluster";
import { chooseAddress, urlOf } from "@/server/db/postgres/postmaster";
import { assertDurable } from "../peers/stores";

/** Tables that hold something of each finished run, and their columns that name it. */
const tables = [
  { table: "run", id: "id" },
  { table: "run_data", id: "run_id" },
  { table: "run_event", id: "run_id" },
] as const;
const perStatement = 50_000;

/** To the product's own database, which must be durable: else nothing measured would mean anything. */
export async function connectToProduct(dataDir: string): Promise<Client> {
  const cluster = await openCluster(dataDir);
  const connectionString = urlOf(cluster, await chooseAddress(cluster));
  await assertDurable(connectionString);
  const client = new Client({ connectionString });
  await client.connect();
  return client;
}

/**
 * Copies one finished run as often as is asked, with every row that it has, spread over the last half hour
 * (events live in daily partitions, of which today's and yesterday's exist).
 */
export async function seedFinishedRuns(client: Client, options: { runId: string; count: number }): Promise<void> {
  for (const { table, id } of tables) {
    const { rows } = await client.query<{ name: string; type: string }>(
      "select column_name as name, data_type as type from information_schema.columns where table_schema = current_schema and table_name = $1 order by ordinal_position",
      [table],
    );
    const values = rows.map(({ name, type }) => {
      if (name === id) return "'run_seed' || lpad(n::text, 17, '0')";
      return type.startsWith("timestamp") ? `source.${name} - n * interval '1800 seconds' / $4` : `source.${name}`;
    });
    const insert = `insert into ${table} (${rows.map(({ name }) => `"${name}"`).join(", ")})
      select ${values.join(", ")} from ${table} source, generate_series($2::bigint, $3::bigint) n where source.${id} = $1`;
    for (let from = 1; from <= options.count; from += perStatement) {
      const to = Math.min(options.count, from + perStatement - 1);
      await client.query(insert.replaceAll("$4", String(options.count)), [options.runId, from, to]);
    }
  }
  for (const { table } of tables) await client.query(`vacuum analyze ${table}`);
}
