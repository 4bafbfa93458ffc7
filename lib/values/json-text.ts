/** `{ok, value}` of JSON as typed; blank text is no value. */
export type JsonText = { ok: true; value: unknown } | { ok: false; message: string };

export function parseJsonText(text: string): JsonText {
  if (text.trim() === "") return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, message: locate(text, error instanceof Error ? error.message : "Not valid JSON") };
  }
}

/** What is wrong with the text and where; undefined when nothing is. */
export function describeJson(text: string): string | undefined {
  const parsed = parseJsonText(text);
  return parsed.ok ? undefined : parsed.message;
}

/** Engines say "at position 12", some add line and column, some neither; we always say the line. */
function locate(text: string, message: string): string {
  const reason = message
    .replace(/^JSON\.parse: /, "")
    .replace(/,? ?(\.\.\.)?"[\s\S]*" is not valid JSON$/, "")
    .replace(/ in JSON\b/, "")
    .replace(/ \(line \d+ column \d+\)$/, "");
  const position =
    /at position (\d+)/.exec(message)?.[1] ?? (/^(Unexpected end|Unterminated)/.test(message) ? String(text.length) : undefined);
  const words = reason.replace(/ at position \d+.*$/, "");
  if (position === undefined) return `Not valid JSON: ${words}`;
  const before = text.slice(0, Number(position)).split("\n");
  return `Not valid JSON at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${words}`;
}

export const formatJson = (value: unknown): string => (value === undefined ? "" : JSON.stringify(value, null, 2));
