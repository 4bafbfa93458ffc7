/** Rows of one height; one of them may be open and has a height of its own. Heights in px. */
export interface Rows {
  count: number;
  height: number;
  open?: { index: number; height: number } | undefined;
}

const openExtra = ({ height, open }: Rows): number => (open === undefined ? 0 : open.height - height);

export const totalHeight = (rows: Rows): number => rows.count * rows.height + openExtra(rows);

/** Where a row begins. */
export const topOf = (rows: Rows, index: number): number =>
  index * rows.height + (rows.open !== undefined && index > rows.open.index ? openExtra(rows) : 0);

export const bottomOf = (rows: Rows, index: number): number =>
  topOf(rows, index) + (rows.open?.index === index ? rows.open.height : rows.height);

/** The row at a height; the last one below the end. */
export function rowAt(rows: Rows, y: number): number {
  const { count, height, open } = rows;
  const below =
    open !== undefined && y >= topOf(rows, open.index)
      ? Math.max(open.index, Math.floor((y - openExtra(rows)) / height))
      : Math.floor(y / height);
  return Math.min(Math.max(0, count - 1), Math.max(0, below));
}

/** Indexes of the rows that show between two heights, and `overscan` more on either side. */
export function rowsBetween(rows: Rows, span: { from: number; to: number; overscan: number }): number[] {
  if (rows.count === 0) return [];
  const first = Math.max(0, rowAt(rows, span.from) - span.overscan);
  const last = Math.min(rows.count - 1, rowAt(rows, span.to) + span.overscan);
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
}
