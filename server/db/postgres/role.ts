import { Client } from "pg";
import type { Logger } from "../../log";
import { role, superuser } from "./cluster";

/**
 * Databases of the first version were made by the role that serves them, a superuser. That one keeps what only a superuser may have,
 * under another name and without a way to sign in; a plain role takes over its name, its password and everything that is ours.
 */
export async function giveUpSuperuser(url: string, log: Logger): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {}); // the statement in flight rejects too
  await client.connect();
  try {
    const { rows } = await client.query<{ rolsuper: boolean }>("select rolsuper from pg_roles where rolname = current_user");
    if (rows[0]?.rolsuper !== true) return;
    await client.query("begin");
    for (const statement of statements) await client.query(statement);
    await client.query("commit");
    log.info("the database is served by a role that is no superuser from now on");
  } finally {
    await client.end().catch(() => {});
  }
}

/** A session may not rename its own role, so another one does it; it is gone when the transaction ends. */
const helper = "signalbox_handing_over";
const statements = [
  `create role ${helper} superuser`,
  `set local session authorization ${helper}`,
  `alter role ${role} rename to ${superuser}`,
  // The password goes along as what is stored of it.
  `do $$ begin
    execute format('create role ${role} login password %L', (select rolpassword from pg_authid where rolname = '${superuser}'));
    execute format('alter database %I owner to ${role}', current_database());
  end $$`,
  `alter role ${superuser} nologin password null`,
  `do $$ declare thing record; begin
    for thing in
      select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname = 'public'
    loop execute format('alter table %s owner to ${role}', thing.name); end loop;
    for thing in
      select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'S' and n.nspname = 'public'
         and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i'))
    loop execute format('alter sequence %s owner to ${role}', thing.name); end loop;
    for thing in select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'
    loop execute format('alter routine %s owner to ${role}', thing.name); end loop;
    for thing in
      select t.oid::regtype::text as name from pg_type t join pg_namespace n on n.oid = t.typnamespace
       where n.nspname = 'public' and t.typtype in ('e', 'd', 'r')
    loop execute format('alter type %s owner to ${role}', thing.name); end loop;
  end $$`,
  "reset session authorization",
  `drop role ${helper}`,
];
