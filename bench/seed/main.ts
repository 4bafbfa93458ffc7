import { join } from "node:path";
import { parseArgs } from "node:util";
import { Client } from "pg";
import { connectToProduct } from "../product/connect";
import { seedHistory } from "./history";

const usage = `npm run seed -- --runs N [options]: finished runs of many kinds, to see how lists and pages behave with them
  --runs N   how many to make
  --days N   spread over so many days (14), at most a minute apart
  --env X    dev, prod or another environment, where there are several
Into the database of the server that runs: that of DATABASE_URL, or of the data directory SIGNALBOX_DATA (.signalbox).`;

const count = (name: string, text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Error(`--${name}=${text} is no number from 1 to 999999999.\n\n${usage}`);
};

async function connect(): Promise<Client> {
  const url = process.env.DATABASE_URL;
  if (url === undefined) return connectToProduct(process.env.SIGNALBOX_DATA ?? join(process.cwd(), ".signalbox"));
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

async function environmentOf(client: Client, slug: string | undefined): Promise<string> {
  const { rows } = await client.query<{ id: string; slug: string }>("select id, slug from environment order by created_at");
  const [found, ...others] = slug === undefined ? rows : rows.filter((row) => row.slug === slug);
  if (found !== undefined && others.length === 0) return found.id;
  throw new Error(
    `${slug === undefined ? "Say which environment" : `There is no environment ${slug}`}: --env ${rows.map((row) => row.slug).join(" or --env ") || "(none is there yet)"}.`,
  );
}

try {
  const { values } = parseArgs({ options: { runs: { type: "string" }, days: { type: "string" }, env: { type: "string" } } });
  if (values.runs === undefined) throw new Error(usage);
  const runs = count("runs", values.runs);
  const days = count("days", values.days ?? "14");
  const client = await connect().catch((error: unknown) => {
    throw new Error(`The database does not answer (${error instanceof Error ? error.message : String(error)}). Start the server first.`);
  });
  try {
    const started = Date.now();
    const envId = await environmentOf(client, values.env);
    await seedHistory(client, {
      envId,
      runs,
      days,
      onProgress: (made) =>
        void (process.stdout.isTTY && process.stdout.write(`\r${made.toLocaleString("en-US")} of ${runs.toLocaleString("en-US")} runs`)),
    });
    console.log(
      `${process.stdout.isTTY ? "\r" : ""}${runs.toLocaleString("en-US")} runs made in ${Math.round((Date.now() - started) / 1000)} s`,
    );
  } finally {
    await client.end();
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
