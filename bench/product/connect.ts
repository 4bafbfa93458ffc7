import { Client } from "pg";
import { openCluster } from "@/server/db/postgres/cluster";
import { chooseAddress, urlOf } from "@/server/db/postgres/postmaster";
import { assertDurable } from "../peers/stores";

/** To the product's own database, which must be durable: else nothing measured would mean anything. */
export async function connectToProduct(dataDir: string): Promise<Client> {
  const cluster = await openCluster(dataDir);
  const connectionString = urlOf(cluster, await chooseAddress(cluster));
  await assertDurable(connectionString);
  const client = new Client({ connectionString });
  await client.connect();
  return client;
}
