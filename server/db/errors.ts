/** The database cannot be reached now; nothing was decided, or what was decided is not known. API: 503. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

const connectionStates = new Set(["08000", "08001", "08003", "08004", "08006", "57P01", "57P02", "57P03", "53300"]);
/** A list took longer than it may and was stopped in the database. API: 503, not worth a retry as it is. */
export class Overdue extends Error {
  override readonly name = "Overdue";
}

/** Who asked for a list has gone; it was stopped. */
export class Abandoned extends Error {
  override readonly name = "Abandoned";
}

const socketErrors = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOENT", "ETIMEDOUT"]);

// The driver's own words, which have no code: a connection that broke, that did not come in time, or that no other would give back.
const connectionMessages =
  /Connection terminated|not queryable|Client was closed|timeout exceeded when trying to connect|^timeout expired$/i;

/** The connection failed, not the statement: worth another try on a new one. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return connectionStates.has(code) || socketErrors.has(code) || connectionMessages.test(error.message);
}

/** Two transactions stood in each other's way and this one was undone (deadlock, serialisation): worth another try. */
export const isConflict = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "40P01" || error.code === "40001");

/** The statement ran into `statement_timeout`. */
export const isOverdue = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "57014";

/** A row with this key is there. */
export const isUniqueViolation = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "23505";
