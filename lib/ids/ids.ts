const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
const perMs = 36 ** 2;

let lastMs = 0;
let inMs = 0;

const randomBytes = 13;
// Filled for many ids at once: asking for 13 bytes costs as much as asking for thousands.
const pool = new Uint8Array(randomBytes * 256);
let used = pool.length;

/**
 * `<prefix>_` and 24 lower-case letters and digits: 9 of time (ms, base 36, good until the year 5188), 2 that count within the
 * millisecond, 13 random (67 bits). Compared by code point (`collate "C"`) the ids of one process sort in the order they were
 * made, so that runs triggered in the same millisecond keep their order.
 */
export function newId(prefix: string, now: number = Date.now()): string {
  inMs = now === lastMs ? inMs + 1 : 0;
  lastMs = now;
  // More than 1,296 in a millisecond count on into the next ones.
  const ms = now + Math.floor(inMs / perMs);
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const bytes = pool.subarray(used, (used += randomBytes));
  let random = "";
  // 256 % 36 = 4: the first four letters are 1.6 % likelier, which costs 0.001 bit each.
  for (const byte of bytes) random += alphabet[byte % 36];
  return `${prefix}_${ms.toString(36).padStart(9, "0")}${(inMs % perMs).toString(36).padStart(2, "0")}${random}`;
}
