import { newId } from "@/lib/ids/ids";
import type { Database } from "../db/database";
import { describe, type Principal } from "./principal";

export type AuditAction =
  | "setup"
  | "sign-in"
  | "sign-out"
  | "password.change"
  | "password.reset"
  | "password.offer-reset"
  | "session.end"
  | "person.invite"
  | "person.withdraw"
  | "person.join"
  | "person.role"
  | "person.remove"
  | "key.create"
  | "key.rotate"
  | "key.revoke"
  | "personal-token.create"
  | "personal-token.revoke"
  | "public-token.mint"
  | "public-token.revoke"
  | "run.cancel"
  | "run.replay"
  | "limit.override"
  | "limit.reset"
  | "limit.pause"
  | "limit.resume"
  | "run.reschedule"
  | "bulk.cancel"
  | "bulk.replay"
  | "bulk.abort"
  | "error.resolve"
  | "error.ignore"
  | "error.unresolve"
  | "alert.create"
  | "alert.update"
  | "alert.delete"
  | "alert.mute"
  | "alert.unmute"
  | "alert.acknowledge"
  | "alert.channel-create"
  | "alert.channel-delete"
  | "alert.channel-test"
  | "idempotency-key.reset"
  | "token.complete"
  | "variable.create"
  | "variable.update"
  | "variable.delete"
  | "deployment.create"
  | "deployment.cancel"
  | "deployment.promote"
  | "queue.pause"
  | "queue.resume"
  | "environment.archive"
  | "environment.branch"
  | "environment.create"
  | "environment.deploy"
  | "environment.limit"
  | "environment.pause"
  | "environment.rename"
  | "environment.restore"
  | "environment.resume"
  | "queue.override"
  | "queue.reset"
  | "schedule.create"
  | "schedule.update"
  | "schedule.delete"
  | "schedule.activate"
  | "schedule.deactivate"
  | "schedule.run";

interface AuditEntry {
  actor: Principal | { name: string };
  action: AuditAction;
  target: string;
  /** Small and without secrets. */
  detail?: string | undefined;
}

type AuditContext = { engine: { db: Database; env: { id: string } } };

/** One row for each dangerous act, written after it was done. */
export const audit = (context: AuditContext, { target, ...entry }: AuditEntry): Promise<void> =>
  auditEach(context, { ...entry, targets: [target] });

/** The same act on several things: a row each, in one statement. */
export async function auditEach(
  context: AuditContext,
  { actor, action, targets, detail }: Omit<AuditEntry, "target"> & { targets: readonly string[] },
): Promise<void> {
  if (targets.length === 0) return;
  const { db, env } = context.engine;
  await db.query(
    "insert into audit_entry (id, environment_id, actor, action, target, detail) select id, $2, $3, $4, target, $6 from unnest($1::text[], $5::text[]) as act (id, target)",
    [targets.map(() => newId("audit")), env.id, "name" in actor ? actor.name : describe(actor), action, targets, detail ?? null],
  );
}
