/** A statement of many rows is cut here: beyond, its text and the server's copy of it cost memory and save nothing. */
const partBytes = 16 * 1024 * 1024;

/** How many of the first items make one statement: at most `most`, of about `partBytes` together, one at least. */
export function firstPart<T>(items: readonly T[], sizeOf: (item: T) => number, most: number): number {
  let bytes = 0;
  for (const [index, item] of items.entries()) {
    if (index >= most) return index;
    bytes += sizeOf(item);
    if (bytes > partBytes) return Math.max(1, index);
  }
  return items.length;
}

/** All of the items, in order, in parts that make one statement each. */
export function inParts<T>(items: readonly T[], sizeOf: (item: T) => number): T[][] {
  const parts: T[][] = [];
  for (let rest = items; rest.length > 0;) {
    const count = firstPart(rest, sizeOf, rest.length);
    parts.push(rest.slice(0, count));
    rest = rest.slice(count);
  }
  return parts;
}
