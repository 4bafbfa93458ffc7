/** The rows that match, each with those above it in the tree: what is below it is found by its depth. */
export function keepMatching<Row extends { depth: number }>(rows: readonly Row[], matches: (row: Row) => boolean): Row[] {
  const kept: Row[] = [];
  /** Rows above this depth are parents of what is kept. */
  let above = 0;
  for (const row of rows.toReversed()) {
    if (row.depth >= above && !matches(row)) continue;
    kept.push(row);
    above = row.depth;
  }
  return kept.toReversed();
}
