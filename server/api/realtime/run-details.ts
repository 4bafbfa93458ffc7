import type { RunDetail } from "@/lib/contracts/run";
import { askedByMany } from "../../db/asker";
import type { Engine } from "../../engine/engine";
import { getRunDetail, getRunDetails } from "../../engine/reads/runs";

/** Polls that wait for the same run are answered within so long of each other, by one read. */
const sharedMs = 1_000;
const atOnce = 16;

/** A run of which at least this version is wanted. */
export interface Wanted {
  id: string;
  version: number;
}

export interface RunDetails {
  /** In the given order; runs that are gone are left out. */
  read(wanted: readonly Wanted[]): Promise<RunDetail[]>;
  /** As they are now; nothing is shared. */
  readMany(ids: readonly string[]): Promise<RunDetail[]>;
}

export function createRunDetails({ db, env }: Pick<Engine, "db" | "env">): RunDetails {
  const shared = new Map<string, Promise<RunDetail | null>>();

  /** A read that starts when a version is known gives that version or a later one, to everyone who wants it. */
  function readOne({ id, version }: Wanted): Promise<RunDetail | null> {
    const key = `${id} ${version}`;
    const found = shared.get(key);
    if (found) return found;
    const reading = askedByMany(() => getRunDetail(db, env.id, id));
    shared.set(key, reading);
    const forget = () => void shared.delete(key);
    reading.then(() => setTimeout(forget, sharedMs).unref(), forget);
    return reading;
  }

  return {
    readMany: (ids) => getRunDetails(db, env.id, ids),
    async read(wanted) {
      const details: (RunDetail | null)[] = [];
      for (let at = 0; at < wanted.length; at += atOnce) details.push(...(await Promise.all(wanted.slice(at, at + atOnce).map(readOne))));
      return details.filter((detail) => detail !== null);
    },
  };
}
