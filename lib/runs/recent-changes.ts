/** A thing as it last changed, and its JSON, made once for all sockets. */
export interface Recent<T> {
  id: string;
  value: T;
  /** Count of changes up to and with this one. */
  position: number;
  /** Position of its creation, when that was seen; else 0. */
  createdAt: number;
  /** Commit time, epoch ms. */
  at: number;
  json(): string;
}

/**
 * The newest change of each thing that changed lately, in order of change, bounded. Answers "what changed since": for
 * resuming subscribers. Positions count in this process' memory only.
 */
export interface RecentChanges<T> {
  head(): number;
  /** Null: not newer than what is known, and thus no change. */
  add(change: { id: string; value: T; created: boolean; at: number }): Recent<T> | null;
  /** Oldest first. Null: too long ago. */
  since(position: number): Recent<T>[] | null;
}

export function createRecentChanges<T>(options: { capacity: number; isNewer: (next: T, known: T) => boolean }): RecentChanges<T> {
  const recent = new Map<string, Recent<T>>();
  let head = 0;
  let floor = 0;

  /** A tenth at a time: a map steps over each entry that has gone from its front, again and again. */
  function letGoOldest(): void {
    if (recent.size <= options.capacity * 1.1) return;
    for (const [id, { position }] of recent) {
      if (recent.size <= options.capacity) return;
      recent.delete(id);
      floor = position;
    }
  }

  return {
    head: () => head,
    add({ id, value, created, at }) {
      const known = recent.get(id);
      if (known && !options.isNewer(value, known.value)) return null;
      head += 1;
      let json: string | undefined;
      const entry: Recent<T> = {
        id,
        value,
        position: head,
        createdAt: created ? head : (known?.createdAt ?? 0),
        at,
        json: () => (json ??= JSON.stringify(value)),
      };
      recent.delete(id);
      recent.set(id, entry);
      letGoOldest();
      return entry;
    },
    since(position) {
      if (position < floor || position > head) return null;
      return [...recent.values()].filter((entry) => entry.position > position);
    },
  };
}
