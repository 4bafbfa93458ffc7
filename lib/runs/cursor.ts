/**
 * Cursor of a subscription: `<epoch>:<position>`. The epoch names the history that the position counts in (a database,
 * or the memory of one server process): a cursor of another epoch means nothing and leads to a reset.
 */
export interface Cursor {
  epoch: string;
  position: number;
}

export const cursorOf = (epoch: string, position: number): string => `${epoch}:${position}`;

export function readCursor(text: string | undefined): Cursor | null {
  if (text === undefined) return null;
  const colon = text.lastIndexOf(":");
  if (colon <= 0) return null;
  const position = Number(text.slice(colon + 1));
  if (!Number.isSafeInteger(position) || position < -1 || text.endsWith(":")) return null;
  return { epoch: text.slice(0, colon), position };
}
