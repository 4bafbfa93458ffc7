import type { GitFacts } from "@/lib/contracts/deployments";
import { newId } from "@/lib/ids/ids";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { nextVersion } from "./deployments";

/** A deployment that comes over HTTP: announced, uploaded, tried, and then a version like any other, or what became of it instead. */
export interface Arriving {
  id: string;
  version: string;
  status: "PENDING" | "DEPLOYING" | "DEPLOYED" | "FAILED" | "CANCELED" | "TIMED_OUT";
  sha256: string;
  bytes: number;
  isCurrent: boolean;
}

const columns = `id, version, status, upload_hash as "sha256", upload_bytes as "bytes", is_current as "isCurrent"`;

interface Announcement {
  sha256: string;
  bytes: number;
  by: string;
  git?: GitFacts | undefined;
  externalId?: string | undefined;
  /** Of one with the same external id that has not ended: refuses, or gives it up. */
  other: "refuse" | "cancel";
}

/** One that waits for its upload. The version that has the same external id already, when there is one that was deployed. */
export async function announce(
  engine: Engine,
  { sha256, bytes, by, git, externalId, other }: Announcement,
): Promise<{ made: Arriving } | { known: Arriving }> {
  const { db, env } = engine;
  return db.transaction(async (query) => {
    const version = await nextVersion(query, env.id);
    if (externalId !== undefined) {
      const [known] = await query<Arriving>(
        `select ${columns} from deployment where env_id = $1 and $2 = any(external_ids) and status in ('PENDING', 'DEPLOYING', 'DEPLOYED') order by created_at desc limit 1`,
        [env.id, externalId],
      );
      if (known?.status === "DEPLOYED") return { known };
      if (known !== undefined && other === "refuse")
        throw new EngineError(
          409,
          `Version ${known.version} with the external id ${JSON.stringify(externalId)} is being deployed. Wait for it, or give it up with --force.`,
          { code: "deployment_in_progress" },
        );
      if (known !== undefined) await query("update deployment set status = 'CANCELED' where id = $1", [known.id]);
    }
    const [made] = await query<Arriving>(
      `insert into deployment (id, env_id, version, status, created_by, git, upload_hash, upload_bytes, external_ids)
       values ($1, $2, $3, 'PENDING', $4, $5, $6, $7, $8) returning ${columns}`,
      [
        newId("deployment"),
        env.id,
        version,
        by,
        git === undefined ? null : JSON.stringify(git),
        sha256,
        bytes,
        externalId === undefined ? [] : [externalId],
      ],
    );
    if (made === undefined) throw new Error("insert into deployment returned no row");
    return { made };
  });
}

/** The current version when it is what was sent under this hash. */
export async function currentWithUpload(engine: Engine, sha256: string): Promise<Arriving | null> {
  const [row] = await engine.db.query<Arriving>(`select ${columns} from deployment where env_id = $1 and is_current and upload_hash = $2`, [
    engine.env.id,
    sha256,
  ]);
  return row ?? null;
}

export async function wasDeployed(engine: Engine, sha256: string): Promise<boolean> {
  const rows = await engine.db.query("select 1 from deployment where env_id = $1 and upload_hash = $2 and status = 'DEPLOYED' limit 1", [
    engine.env.id,
    sha256,
  ]);
  return rows.length > 0;
}

export async function findArriving(engine: Engine, id: string): Promise<Arriving> {
  const [row] = await engine.db.query<Arriving>(
    `select ${columns} from deployment where env_id = $1 and id = $2 and upload_hash is not null`,
    [engine.env.id, id],
  );
  if (row === undefined) throw new EngineError(404, `Deployment ${id.slice(0, 64)} not found.`);
  return row;
}

/** Nothing more is sent: what was sent is going to be tried. False: somebody else has begun, or ended it. */
export async function beginDeploying(engine: Engine, id: string): Promise<boolean> {
  const rows = await engine.db.query(
    "update deployment set status = 'DEPLOYING' where env_id = $1 and id = $2 and status = 'PENDING' returning id",
    [engine.env.id, id],
  );
  if (rows.length > 0) engine.feed.emit("environment", ["versions"]);
  return rows.length > 0;
}

export async function failDeployment(engine: Engine, id: string, { error, log }: { error: string; log: readonly string[] }): Promise<void> {
  await engine.db.query(
    "update deployment set status = 'FAILED', error = $3, log = $4 where env_id = $1 and id = $2 and status in ('PENDING', 'DEPLOYING')",
    [engine.env.id, id, error, log],
  );
  engine.feed.emit("environment", ["versions"]);
}

/** False: it has ended. One that is being tried ends when that does. */
export async function cancelDeployment(engine: Engine, id: string): Promise<boolean> {
  const rows = await engine.db.query(
    "update deployment set status = 'CANCELED' where env_id = $1 and id = $2 and status in ('PENDING', 'DEPLOYING') returning id",
    [engine.env.id, id],
  );
  if (rows.length > 0) engine.feed.emit("environment", ["versions"]);
  return rows.length > 0;
}

/** An upload may be gone on with for so long. */
const uploadHours = 24;

/** At a start nothing is being tried any more, whatever the rows say. Uploads that nobody finished end. Answers the ids whose files are still needed. */
export async function settleArriving(engine: Engine, moment: "start" | "later"): Promise<Set<string>> {
  const { db, env } = engine;
  if (moment === "start") {
    await db.query("update deployment set status = 'FAILED', error = $2 where env_id = $1 and status = 'DEPLOYING'", [
      env.id,
      "The server stopped while it was deploying this. Deploy it again",
    ]);
  }
  await db.query(
    `update deployment set status = 'TIMED_OUT' where env_id = $1 and status = 'PENDING' and created_at < now() - interval '${uploadHours} hours'`,
    [env.id],
  );
  const rows = await db.query<{ id: string }>("select id from deployment where env_id = $1 and status in ('PENDING', 'DEPLOYING')", [
    env.id,
  ]);
  return new Set(rows.map(({ id }) => id));
}
