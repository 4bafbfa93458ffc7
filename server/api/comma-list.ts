/**
 * The published clients join the values of a list with commas, also where a value has commas of its own. So a text has several
 * readings: each piece is a value, and so may be several pieces that follow each other.
 */

/** A value of more pieces than this is not looked for. */
const mostPieces = 6;
/** Of longer lists each piece counts alone. */
const longest = 40;

/** Values apart at each comma, without blank ones. */
export function pieces(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

/** What several pieces in a row mean together. */
export function joinedReadings(text: string): string[] {
  const parts = text.split(",");
  if (parts.length > longest) return [];
  const joined = new Set<string>();
  for (let length = 2; length <= Math.min(mostPieces, parts.length); length++) {
    for (let at = 0; at + length <= parts.length; at++)
      joined.add(
        parts
          .slice(at, at + length)
          .join(",")
          .trim(),
      );
  }
  for (const piece of pieces(text)) joined.delete(piece);
  joined.delete("");
  return [...joined];
}

/** Every value that a list may mean, once; undefined without any. `isKnown` says which of several pieces are a value. */
export function readings(text: string | undefined, isKnown: (joined: string) => boolean = () => true): string[] | undefined {
  const values = [...new Set([...pieces(text), ...joinedReadings(text ?? "").filter(isKnown)])];
  return values.length === 0 ? undefined : values;
}

/** Beyond this many ways to read a list the ones with the most values count. */
const mostWays = 16;

/** Ways to take the whole list apart into pieces and the joined values given, that of single pieces first. */
export function waysToRead(text: string, joined: ReadonlySet<string>): string[][] {
  const parts = text.split(",");
  const ways: string[][] = [];
  function take(at: number, values: readonly string[]): void {
    if (ways.length >= mostWays) return;
    if (at === parts.length) return void ways.push([...new Set(values)]);
    for (let length = 1; length <= Math.min(mostPieces, parts.length - at); length++) {
      const value = parts
        .slice(at, at + length)
        .join(",")
        .trim();
      if (length > 1 && !joined.has(value)) continue;
      take(at + length, value === "" ? values : [...values, value]);
    }
  }
  take(0, []);
  return ways.filter((way) => way.length > 0);
}
