/** A request that the engine refuses, with the HTTP status that says why. The message says what to do. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 503;
  readonly code: string | undefined;
  readonly param: string | undefined;
  readonly issues: readonly { path: string; message: string }[] | undefined;

  constructor(
    status: EngineError["status"],
    message: string,
    extra: { code?: string; param?: string; issues?: readonly { path: string; message: string }[] } = {},
  ) {
    super(message);
    this.status = status;
    this.code = extra.code;
    this.param = extra.param;
    this.issues = extra.issues;
  }
}
