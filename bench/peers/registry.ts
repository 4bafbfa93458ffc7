import { names } from "../names";
import { bullMq } from "./bullmq";
import { dbosDirect, dbosQueue } from "./dbos";
import { graphileWorker } from "./graphile-worker";
import type { Peer } from "./peer";
import { pgBoss } from "./pg-boss";

/** `fsync` of Redis's append-only file: `everysec` is its default and may lose the last second, `always` is as durable as the others. */
export const peers: readonly { peer: Peer; fsync?: "everysec" | "always" }[] = [
  { peer: graphileWorker },
  { peer: pgBoss },
  { peer: dbosQueue },
  { peer: dbosDirect },
  { peer: bullMq(names.bullMqEverySec, "may lose the last second"), fsync: "everysec" },
  { peer: bullMq(names.bullMqAlways, "fsync before each reply"), fsync: "always" },
];

export function findPeer(name: string): Peer {
  const found = peers.find(({ peer }) => peer.name === name);
  if (found === undefined) throw new Error(`There is no peer ${name}`);
  return found.peer;
}
