import { z } from "zod";
import { auditAreas } from "./audit-areas";
import { IsoDate } from "./run";

export const AuditRow = z.object({
  id: z.string(),
  at: IsoDate,
  /** E-mail of a person, or `key …1a2b`. */
  actor: z.string(),
  /** `queue.pause`. */
  action: z.string(),
  target: z.string(),
  detail: z.string().optional(),
});
export type AuditRow = z.infer<typeof AuditRow>;

/** GET /api/dashboard/audit?area=queue&actor=ada&cursor=…: newest first. */
export const AuditQuery = z.object({
  area: z.enum(auditAreas).optional(),
  actor: z.string().max(200).optional(),
  cursor: z.string().optional(),
});
export const AuditPage = z.object({ entries: z.array(AuditRow), next: z.string().optional() });
export type AuditPage = z.infer<typeof AuditPage>;
