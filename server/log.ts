/** One line per entry; secrets are removed here and nowhere else. */

export type Fields = Record<string, unknown>;
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  child(fields: Fields): Logger;
}

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFormat = "pretty" | "json";

interface LogOptions {
  level: LogLevel;
  format: LogFormat;
  write(line: string): void;
}

export function createLog(options: LogOptions, bound: Fields = {}): Logger {
  const lowest = logLevels.indexOf(options.level);
  const at = (level: LogLevel) =>
    logLevels.indexOf(level) < lowest
      ? () => {}
      : (message: string, fields?: Fields) => options.write(formats[options.format](level, message, { ...bound, ...fields }) + "\n");
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => createLog(options, { ...bound, ...fields }),
  };
}

const colours: Record<LogLevel, string> = { debug: "\u001b[2m", info: "\u001b[36m", warn: "\u001b[33m", error: "\u001b[31m" };

const formats: Record<LogFormat, (level: LogLevel, message: string, fields: Fields) => string> = {
  json: (level, message, fields) => redact(JSON.stringify({ time: new Date().toISOString(), level, message, ...plain(fields) })),
  pretty(level, message, fields) {
    const parts = Object.entries(plain(fields)).map(
      ([name, value]) => `${name}=${typeof value === "string" ? quoted(value) : JSON.stringify(value)}`,
    );
    const time = new Date().toISOString().slice(11, 23);
    const tail = parts.length === 0 ? "" : ` \u001b[2m${parts.join(" ")}\u001b[0m`;
    return redact(`\u001b[2m${time}\u001b[0m ${colours[level]}${level.padEnd(5)}\u001b[0m ${oneLine(message)}${tail}`);
  },
};

/** Errors do not survive JSON.stringify, and a cyclic or throwing field must not cost the whole line. */
function plain(fields: Fields): Fields {
  const result: Fields = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (secretName.test(name)) result[name] = "[redacted]";
    else if (value instanceof Error) result[name] = describe(value);
    else result[name] = jsonSafe(value);
  }
  return result;
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? ` (cause: ${error.cause.message})` : "";
  return (error.stack ?? `${error.name}: ${error.message}`) + cause;
}

function jsonSafe(value: unknown): unknown {
  try {
    const text = JSON.stringify(value, (key, inner: unknown) =>
      secretName.test(key) ? "[redacted]" : typeof inner === "bigint" ? String(inner) : inner,
    );
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return String(value);
  }
}

const oneLine = (text: string) => text.replaceAll(/\r?\n/g, "\\n");
const quoted = (text: string) => (/^[\w.:/@#+-]*$/.test(text) ? text : JSON.stringify(text));

const secretName = /^(?:password|secret|token|authorization|cookie|api_?key|secret_?key|x-trigger-jwt)$/i;
const secretShapes: readonly (readonly [RegExp, string])[] = [
  [/\btr_(dev|stg|prod|preview)_[A-Za-z0-9_]{8,}/g, "tr_$1_[redacted]"],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, "[jwt]"],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/"\\]*):[^\s@/"\\]+@/gi, "$1:[redacted]@"],
  [/\b(Bearer|Basic)\s+[\w.+/=-]{8,}/gi, "$1 [redacted]"],
  [/([?#&](?:code|token|key|signature)=)[^\s&"\\]+/gi, "$1[redacted]"],
];

export function redact(text: string): string {
  return secretShapes.reduce((result, [shape, replacement]) => result.replaceAll(shape, replacement), text);
}
