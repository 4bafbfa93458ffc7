const unitMs: Record<string, number> = {
  w: 604_800_000,
  d: 86_400_000,
  hr: 3_600_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};
const part = /(\d+(?:\.\d+)?)(w|d|hr|h|ms|m|s)/y;

/** ms of a duration such as "10s", "1h30m", "2d"; null when the text is not one. */
export function parseDuration(text: string): number | null {
  const source = text.trim().toLowerCase();
  if (source === "") return null;
  let total = 0;
  part.lastIndex = 0;
  while (part.lastIndex < source.length) {
    const match = part.exec(source);
    if (match === null) return null;
    total += Number(match[1]) * (unitMs[match[2] ?? ""] ?? Number.NaN);
  }
  return Number.isFinite(total) ? Math.round(total) : null;
}

/** When a delay or time-out given as a duration or ISO date is due; null when the text is neither. */
export function parseDue(text: string, now: number): Date | null {
  const duration = parseDuration(text);
  if (duration !== null) return validDate(new Date(now + duration));
  // Date.parse takes "12" or "tomorrow 5"; only ISO dates are meant.
  if (!/^\d{4}-\d{2}-\d{2}/.test(text.trim())) return null;
  return validDate(new Date(text));
}

/** A date that JavaScript and PostgreSQL know; years of more than four digits are mistakes. */
const validDate = (date: Date): Date | null => (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 ? null : date);

/** ms of a TTL given as duration or seconds; null when it is neither. */
export function parseTtl(ttl: string | number): number | null {
  if (typeof ttl === "number") return Number.isFinite(ttl) && ttl >= 0 ? Math.round(ttl * 1000) : null;
  return parseDuration(ttl);
}

/** A hundred years: longer keys are kept that long. */
const maxKeyTtlMs = 100 * 365 * 86_400_000;

/** ms of an idempotency TTL: one number and one unit of s, m, h, d; null when it is not that. */
export function parseKeyTtl(text: string): number | null {
  const match = /^(\d+)([smhd])$/.exec(text);
  return match === null ? null : Math.min(maxKeyTtlMs, Number(match[1]) * (unitMs[match[2] ?? ""] ?? Number.NaN));
}

/** Idempotency keys live 30 days unless told otherwise. */
export const defaultKeyTtlMs = 30 * 86_400_000;
