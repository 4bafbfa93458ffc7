/** A condition of the embedded server that the operator can act on; the message is one line and says how. */
export class PostgresError extends Error {
  override name = "PostgresError";
}
