import type { Config } from "./config";
import type { Database } from "./db/database";
import { openVault } from "./db/keys";
import { keyRecord, newSecretKey } from "./db/secret-keys";
import type { EnvironmentType } from "@/lib/contracts/environment";
import { newId } from "@/lib/ids/ids";
import type { Logger } from "./log";
import { CommandError, openStored } from "./open-stored";

interface KeysOptions {
  args: readonly string[];
  /** `env`: slug, where there are several environments. `json`. */
  options: { env?: unknown; json?: unknown };
  config: Config;
  root: string;
  log: Logger;
}

interface KeyLine {
  id: string;
  name: string;
  key: string;
  environment: string;
  createdAt: string;
  lastUsedAt: string | null;
  state: "valid" | "revoked" | "expired" | "expiring";
}

/** For who may read the database anyway: keys are listed, made, and revoked. Answers what to print. */
export async function keysCommand(options: KeysOptions): Promise<string> {
  const { args } = options;
  const [verb = "list", subject = ""] = args;
  const { db, close } = await openStored(options);
  try {
    if (verb === "list") return show(options, await list(db));
    if (verb === "create") return await create(db, { ...options, name: subject });
    if (verb === "revoke") return await revoke(db, subject, options);
    throw new CommandError(`unknown command: keys ${verb}. There are list, create <name> and revoke <id>.`);
  } finally {
    await close();
  }
}

const list = (db: Database): Promise<KeyLine[]> =>
  db.query<KeyLine>(
    `select k.id, k.name, k.prefix || '…' || k.last4 as key, e.slug as environment, k.created_at as "createdAt", k.last_used_at as "lastUsedAt",
            case when k.revoked_at is not null then 'revoked' when k.expires_at <= now() then 'expired' when k.expires_at is not null then 'expiring' else 'valid' end as state
       from api_key k join environment e on e.id = k.environment_id order by k.created_at desc, k.id desc`,
  );

function show({ options }: KeysOptions, keys: readonly KeyLine[]): string {
  if (options.json === true) return JSON.stringify(keys);
  if (keys.length === 0) return "No keys yet. Start the server: it makes the first one.";
  return keys
    .map(
      ({ id, name, key, environment, state, lastUsedAt }) =>
        `${id}  ${key}  ${environment.padEnd(8)} ${state.padEnd(8)} ${lastUsedAt === null ? "never used" : `used ${lastUsedAt}`}  ${name}`,
    )
    .join("\n");
}

const by = "the server's command line";

async function create(db: Database, { name, options, config }: KeysOptions & { name: string }): Promise<string> {
  if (name.trim() === "" || name.length > 64)
    throw new CommandError("keys create needs a name of at most 64 characters, such as: signalbox keys create ci");
  const environments = await db.query<{ id: string; slug: string; type: EnvironmentType }>(
    "select id, slug, type from environment order by created_at",
  );
  const wanted = typeof options.env === "string" ? environments.filter(({ slug }) => slug === options.env) : environments;
  const [environment, other] = wanted;
  const known = environments.map(({ slug }) => slug).join(", ");
  if (environment === undefined)
    throw new CommandError(
      environments.length === 0
        ? "There is no environment yet. Start the server once."
        : `--env ${String(options.env)}: there is no such environment, only ${known}.`,
    );
  if (other !== undefined) throw new CommandError(`There are several environments. Name one with --env: ${known}.`);
  const key = newSecretKey(environment.type, "additional");
  const record = keyRecord(openVault(config.dataDir), {
    key,
    environmentId: environment.id,
    name: name.trim(),
    createdBy: by,
    isRoot: false,
  });
  await db.query(
    "insert into api_key (id, environment_id, name, prefix, last4, hash, sealed, is_root, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    [
      record.id,
      record.environmentId,
      record.name,
      record.prefix,
      record.last4,
      record.hash,
      record.sealed,
      record.isRoot,
      record.createdBy,
    ],
  );
  await note(db, "key.create", record.id, record.name);
  return options.json === true
    ? JSON.stringify({ id: record.id, name: record.name, key, environment: environment.slug })
    : `${key}\n${record.id} (${environment.slug}); the key is shown this once`;
}

async function revoke(db: Database, id: string, { options }: KeysOptions): Promise<string> {
  const [row] = await db.query<{ id: string; name: string }>(
    "update api_key set revoked_at = now() where id = $1 and revoked_at is null returning id, name",
    [id],
  );
  if (row === undefined)
    throw new CommandError(
      id === ""
        ? "keys revoke needs the id of a key. All of them: signalbox keys"
        : `there is no valid key ${id}. All of them: signalbox keys`,
    );
  await note(db, "key.revoke", row.id, row.name);
  return options.json === true ? JSON.stringify(row) : `${row.name} is revoked; a running server refuses it within 5 s.`;
}

async function note(db: Database, action: string, target: string, detail: string): Promise<void> {
  await db.query("insert into audit_entry (id, actor, action, target, detail) values ($1, $2, $3, $4, $5)", [
    newId("audit"),
    by,
    action,
    target,
    detail,
  ]);
}
