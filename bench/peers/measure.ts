import { join } from "node:path";
import type { Cleanup } from "../cleanup";
import type { Options } from "../options";
import type { Results } from "../results";
import { queueRows } from "../rows/queue-rows";
import { catchOutOfTurn } from "./out-of-turn";
import type { Peer } from "./peer";
import { peers } from "./registry";
import { hasRedis, installPeers, startPostgres, startRedis, type Store } from "./stores";
import { peerSubject } from "./subject";

interface Measuring {
  options: Options;
  results: Results;
  cleanup: Cleanup;
  folder: string;
}

/** One after the other, each with a store that nothing else uses: never two at once. */
export async function measurePeers(measuring: Measuring): Promise<void> {
  if (!queueRows.some((row) => [...measuring.options.rows].some((id) => id === row.id))) return;
  installPeers();
  for (const [i, { peer, fsync }] of peers.entries()) {
    if (fsync !== undefined && !hasRedis()) {
      measuring.results.problem(peer.name, "redis-server is not installed (apt-get install redis-server)");
      continue;
    }
    const folder = join(measuring.folder, String(i));
    const stopCatching = catchOutOfTurn((error) => measuring.results.problem(peer.name, error));
    try {
      await measurePeer(measuring, peer, () => (fsync === undefined ? startPostgres(folder) : startRedis(folder, fsync)));
    } catch (error) {
      measuring.results.problem(peer.name, error);
    } finally {
      stopCatching();
    }
  }
}

async function measurePeer({ results, cleanup }: Measuring, peer: Peer, start: () => Promise<Store>): Promise<void> {
  const scope = cleanup.scope();
  try {
    const store = await start();
    scope.add(store.stop);
    const subject = await peerSubject(peer, store);
    scope.add(subject.close);
    results.describe(peer.name, subject.settings);
    for (const row of queueRows) await results.row(row, [subject]);
  } finally {
    await scope.run();
  }
}
