import { sha256 } from "./db/secret-keys";
import type { Query } from "./db/database";

/** Whose a secret key is, of some environments. */
export interface KeyOwners {
  /** Of these from now on. */
  of(environmentIds: readonly string[]): void;
  /** Id of the environment; undefined: of none of them, or no key. A key that has ended is still its environment's, which says so. */
  find(key: string): Promise<string | undefined>;
  /** Keys were changed here. */
  forget(): void;
}

/** As with the keys of one environment: those that were made on another node count within 5 s, and wrong ones cost no statement each. */
const freshMs = 2000;
const mostRemembered = 10_000;

export function createKeyOwners(query: Query): KeyOwners {
  let ids: readonly string[] = [];
  let reading: Promise<Map<string, string>> | null = null;
  let readAt = 0;
  /** By the key itself: a key that is used again is not hashed again. Undefined: it was of none at the last reading. */
  const known = new Map<string, string | undefined>();

  async function read(): Promise<Map<string, string>> {
    const rows = await query<{ hash: Buffer; environment_id: string }>(
      "select hash, environment_id from api_key where environment_id = any($1)",
      [ids],
    );
    known.clear();
    return new Map(rows.map((row) => [row.hash.toString("hex"), row.environment_id]));
  }

  async function look(key: string): Promise<string | undefined> {
    if (reading === null || performance.now() - readAt > freshMs) {
      readAt = performance.now();
      const next = read();
      reading = next;
      next.catch(() => {
        if (reading === next) reading = null;
      });
    }
    const owner = (await reading).get(sha256(key).toString("hex"));
    if (known.size >= mostRemembered) known.clear();
    known.set(key, owner);
    return owner;
  }

  return {
    of(environmentIds) {
      if (environmentIds.length === ids.length && environmentIds.every((id, at) => id === ids[at])) return;
      ids = environmentIds;
      this.forget();
    },
    async find(key) {
      const owner = known.get(key);
      return owner ?? (known.has(key) && performance.now() - readAt < freshMs ? undefined : look(key));
    },
    forget() {
      reading = null;
      known.clear();
    },
  };
}
