/** The newest `most` of the strings that were added. */
export interface Recent {
  add(value: string): void;
  has(value: string): boolean;
}

export function createRecent(most: number): Recent {
  const values = new Set<string>();
  return {
    add(value) {
      values.add(value);
      for (const oldest of values) {
        if (values.size <= most) break;
        values.delete(oldest);
      }
    },
    has: (value) => values.has(value),
  };
}
