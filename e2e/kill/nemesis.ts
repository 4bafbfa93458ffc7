import { setTimeout as sleep } from "node:timers/promises";
import type { House } from "./house";
import type { Random } from "./random";
import type { Kill, KillKind } from "./witnesses";

interface NemesisOptions {
  house: House;
  random: Random;
  /** How many of each kind; they come in random order. */
  plan: Record<KillKind, number>;
  /** Pause before each kill, ms: from none to twice this, evenly. */
  meanPauseMs: number;
}

/** A server that has just been killed is killed once more while it starts, this often. */
const doubleTap = 0.3;
/** A start takes about 3 s: the second kill comes at any moment of it. */
const startMs = 3_000;
/** A worker and the database, or the server and the database, at the same moment, this often. */
const together = 0.15;

/** SIGKILLs at moments that the seed chooses, until the plan is done. Starts what it has killed. */
export async function runNemesis({ house, random, plan, meanPauseMs }: NemesisOptions): Promise<Kill[]> {
  const kills: Kill[] = [];
  const left = { ...plan };
  const note = (kind: KillKind, pid: number | null) => {
    if (pid === null) return;
    kills.push({ kind, pid, at: Date.now() });
    left[kind] -= 1;
  };
  const strike: Record<KillKind, () => Promise<void>> = {
    async worker() {
      const pid = random.pick(house.workers());
      if (pid !== undefined && house.killWorker(pid)) note("worker", pid);
    },
    async postgres() {
      note("postgres", house.killPostgres());
    },
    async server() {
      note("server", await house.killServer());
      if (!random.chance(doubleTap)) return house.start();
      const second = random.between(0, startMs);
      const starting = house.start();
      await Promise.race([starting.catch(() => {}), sleep(second)]);
      const pid = house.killStarting();
      note("server", pid);
      if (pid === null) return starting;
      await starting.catch(() => {});
      return house.start();
    },
  };
  for (;;) {
    const kinds = (["worker", "server", "postgres"] as const).filter((kind) => left[kind] > 0);
    if (kinds.length === 0) return kills;
    await sleep(random.between(0, meanPauseMs * 2));
    // By what is left, so that no kind is used up early.
    const kind = random.pick(kinds.flatMap((one) => Array.from({ length: left[one] }, () => one))) ?? "worker";
    const also = random.chance(together) && kind !== "postgres" && left.postgres > 0;
    await Promise.all([strike[kind](), ...(also ? [strike.postgres()] : [])]);
  }
}
