import { unsafeText } from "@/lib/values/unsafe-text";

/**
 * PostgreSQL text holds neither NUL nor a lone surrogate. Such strings, and those that begin like an encoded one,
 * are stored as U+0001 and their JSON text; every other string is stored as it is.
 */
const marker = "\u0001";

export function encodeText(text: string): string {
  return unsafeText.test(text) ? marker + JSON.stringify(text).replaceAll("\u0001", "\\u0001") : text;
}

export function decodeText(stored: string): string {
  // JSON.parse of what encodeText wrote is a string.
  return stored.startsWith(marker) ? String(JSON.parse(stored.slice(1))) : stored;
}

/** For what is shown and never read back: what text cannot hold is replaced, and a long one cut. */
export function readableText(text: string, most: number): string {
  // UTF-8 has no lone surrogate: Buffer writes U+FFFD for one.
  return Buffer.from(text.slice(0, most)).toString().replaceAll("\0", "\ufffd");
}
