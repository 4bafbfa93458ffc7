// Without zod: the browser needs these on the first load.

/** Kinds of things that people and keys act on: the first part of an action's name. */
export const auditAreas = [
  "run",
  "bulk",
  "error",
  "alert",
  "token",
  "queue",
  "environment",
  "schedule",
  "deployment",
  "variable",
  "key",
  "public-token",
  "person",
  "session",
] as const;
export type AuditArea = (typeof auditAreas)[number];
