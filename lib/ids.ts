const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Random bytes are taken from the system a few hundred ids at a time: one call per id cost 18 µs, a tenth of a trigger. */
const pool = new Uint8Array(15 * 256);
let used = pool.length;

/**
 * `<prefix>_` and 24 lower-case letters and digits: 9 of time (ms, base 36, good until the year 5188), 15 random (77 bits).
 * Ids sort by creation time when compared by code point (`collate "C"`).
 */
export function newId(prefix: string, now: number = Date.now()): string {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  let random = "";
  // 256 % 36 = 4: the first four letters are 1.6 % likelier, which costs 0.001 bit each.
  for (const end = used + 15; used < end; used += 1) random += alphabet[(pool[used] ?? 0) % 36];
  return `${prefix}_${now.toString(36).padStart(9, "0")}${random}`;
}
