import type { Writer } from "./database";
import { groupCommit } from "./group-commit";
import type { Parameter } from "./pipeline";

export interface SharedCommits {
  /**
   * One statement about one thing, whose id is `of`, in a transaction with those that others ask for meanwhile. It may be run
   * again after a lost connection, so it must recognise its own work.
   */
  query<Row>(of: string, sql: string, params: readonly Parameter[]): Promise<Row[]>;
  idle(): Promise<void>;
}

interface Shared {
  of: string;
  sql: string;
  params: readonly Parameter[];
}

/**
 * For what runs do one by one: a statement each, but one write, one answer and one commit for all that come while the one before
 * is under way. Rows are locked in order of id, as everywhere: else two transactions could wait for each other.
 */
export function shareCommits(writer: Writer): SharedCommits {
  const group = groupCommit<Shared, unknown[]>({
    writer,
    maxBatch: 200,
    async run(connection, items) {
      const order = items
        .map((item, index) => ({ item, index }))
        .toSorted((a, b) => (a.item.of < b.item.of ? -1 : a.item.of > b.item.of ? 1 : a.index - b.index));
      const rows = await connection.pipeline<unknown[][]>(order.map(({ item }) => item));
      const answers: unknown[][] = items.map(() => []);
      for (const [position, { index }] of order.entries()) answers[index] = rows[position] ?? [];
      return answers;
    },
  });
  return {
    // The caller names the rows of its own text, as with `Query`.
    query: async <Row>(of: string, sql: string, params: readonly Parameter[]) => (await group.submit({ of, sql, params })) as Row[],
    idle: group.idle,
  };
}
