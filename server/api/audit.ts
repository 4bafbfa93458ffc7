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
  | "public-token.mint"
  | "public-token.revoke"
  | "run.cancel"
  | "run.replay"
  | "run.reschedule"
  | "bulk.cancel"
  | "bulk.replay"
  | "bulk.abort"
  | "error.resolve"
  | "error.ignore"
  | "error.unresolve"
  | "idempotency-key.reset"
  | "token.complete"
  | "queue.pause"
  | "queue.resume"
  | "queue.override"
  | "queue.reset";

interface AuditEntry {
  actor: Principal | { name: string };
  action: AuditAction;
  target: string;
  /** Small and without secrets. */
  detail?: string | undefined;
}

/** One row for each dangerous act, written after it was done. */
export async function audit(context: { engine: { db: Database; env: { id: string } } }, { actor, action, target, detail }: AuditEntry): Promise<void> {
  const { db, env } = context.engine;
  await db.query("insert into audit_entry (id, environment_id, actor, action, target, detail) values ($1, $2, $3, $4, $5, $6)", [
    newId("audit"),
    env.id,
    "name" in actor ? actor.name : describe(actor),
    action,
    target,
    detail ?? null,
  ]);
}
