export interface Issue {
  /** Names the field: `payload.items.0.name`. */
  path: string;
  message: string;
}

export function describeIssues(issues: readonly Issue[]): string {
  const shown = issues.slice(0, 3).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return shown.join("; ") + (issues.length > 3 ? `; and ${issues.length - 3} more` : "");
}

/** A request that the engine refuses, with the HTTP status that says why. The message says what to do. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 503;
  readonly code: string | undefined;
  readonly param: string | undefined;
  readonly issues: readonly Issue[] | undefined;

  constructor(status: EngineError["status"], message: string, extra: { code?: string; param?: string; issues?: readonly Issue[] } = {}) {
    super(message);
    this.status = status;
    this.code = extra.code;
    this.param = extra.param;
    this.issues = extra.issues;
  }
}
