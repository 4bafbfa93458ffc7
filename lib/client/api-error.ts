export type ApiHeaders = Record<string, string>;

/** A request that the API refused. `name` is `TriggerApiError` for every class, as callers of the published client test for it. */
export class ApiError extends Error {
  readonly status: number | undefined;
  readonly headers: ApiHeaders | undefined;
  /** What the body said beside its message. */
  readonly error: object | undefined;
  readonly body: object | undefined;
  readonly code: string | undefined;
  readonly param: string | undefined;
  readonly type: string | undefined;

  constructor(status: number | undefined, body: object | undefined, message: string, headers?: ApiHeaders) {
    super(message);
    this.name = "TriggerApiError";
    this.status = status;
    this.headers = headers;
    this.body = body;
    const inner: unknown = body === undefined ? undefined : Reflect.get(body, "error");
    this.error = typeof inner === "object" && inner !== null ? inner : body;
    const text = (key: string) => {
      const value: unknown =
        (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined) ?? (body && Reflect.get(body, key));
      return typeof value === "string" ? value : undefined;
    };
    this.code = text("code");
    this.param = text("param");
    this.type = text("type");
  }

  static generate(status: number | undefined, body: object | undefined, message: string, headers?: ApiHeaders): ApiError {
    if (status === undefined) return new ApiConnectionError({ message });
    const Kind = classes[status] ?? (status >= 500 ? InternalServerError : ApiError);
    return new Kind(status, body, message, headers);
  }
}

export class ApiConnectionError extends ApiError {
  constructor({ message, cause }: { message?: string; cause?: unknown }) {
    super(undefined, undefined, message ?? "Connection error.");
    if (cause !== undefined) this.cause = cause;
  }
}
export class BadRequestError extends ApiError {}
export class AuthenticationError extends ApiError {}
export class PermissionDeniedError extends ApiError {}
export class NotFoundError extends ApiError {}
export class ConflictError extends ApiError {}
export class UnprocessableEntityError extends ApiError {}
export class RateLimitError extends ApiError {
  /** From the header `x-ratelimit-reset`, epoch ms, with up to 1 s of jitter so that callers do not return at once. */
  get millisecondsUntilReset(): number | undefined {
    const reset = Number(this.headers?.["x-ratelimit-reset"]);
    return Number.isFinite(reset) && reset > 0 ? Math.max(reset - Date.now() + Math.floor(Math.random() * 1000), 0) : undefined;
  }
}
export class InternalServerError extends ApiError {}

/** A 2xx whose body is not what the route promises. Not retried. */
export class ApiSchemaValidationError extends ApiError {
  readonly rawBody: unknown;
  constructor({ status, rawBody, cause, headers }: { status: number; rawBody: unknown; cause: Error; headers?: ApiHeaders }) {
    super(status, undefined, `${status} ${cause.message}`, headers);
    this.rawBody = rawBody;
    this.cause = cause;
  }
}

const classes: Record<number, typeof ApiError> = {
  400: BadRequestError,
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  422: UnprocessableEntityError,
  429: RateLimitError,
};

/** Message and body of an error answer: `error.message`, `error`, its JSON, or the status with the text. */
export function readErrorBody(status: number, text: string): { message: string; body: object | undefined } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { message: text === "" ? `${status} status code (no body)` : `${status} ${text}`, body: undefined };
  }
  const body = typeof parsed === "object" && parsed !== null ? parsed : undefined;
  const error: unknown = body && Reflect.get(body, "error");
  if (typeof error === "string") return { message: error, body };
  if (typeof error === "object" && error !== null) {
    const message: unknown = Reflect.get(error, "message");
    return { message: typeof message === "string" ? message : JSON.stringify(error), body };
  }
  return { message: `${status} status code (no body)`, body };
}
