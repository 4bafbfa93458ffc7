import { bullMq } from "./bullmq";
import { graphileWorker } from "./graphile-worker";
import type { Peer } from "./peer";
import { pgBoss } from "./pg-boss";

/** `fsync` of Redis's append-only file: `everysec` is its default and may lose the last second, `always` is as durable as the others. */
export const peers: readonly { peer: Peer; fsync?: "everysec" | "always" }[] = [
  { peer: graphileWorker },
  { peer: pgBoss },
  { peer: bullMq("bullmq (AOF everysec)", "may lose the last second"), fsync: "everysec" },
  { peer: bullMq("bullmq (AOF always)", "fsync before each reply"), fsync: "always" },
];

export function findPeer(name: string): Peer {
  const found = peers.find(({ peer }) => peer.name === name);
  if (found === undefined) throw new Error(`There is no peer ${name}`);
  return found.peer;
}
