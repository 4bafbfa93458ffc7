/** What keeps the server from starting and the operator can put right; one line. */
export class StartError extends Error {
  override name = "StartError";
}
