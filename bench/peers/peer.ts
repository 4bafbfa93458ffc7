import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";

/** A job queue that is measured beside the product. It sees a queue named `noop` whose jobs carry an id. */
export interface Peer {
  name: string;
  package: string;
  settings: string;
  store: "postgres" | "redis";
  /** `onJob` is for a peer whose jobs run where they are added. */
  openProducer(connection: string, onJob: (id: string) => void): Promise<Producer>;
  /**
   * Null: jobs run in the producer's process. Else it runs in a process of its own. `latency` favours a single job, `drain` a long
   * queue: each peer as its documentation advises.
   */
  openWorker: ((connection: string, options: WorkerOptions) => Promise<{ close(): Promise<void> }>) | null;
}

export interface WorkerOptions {
  mode: "latency" | "drain";
  onJob: (id: string) => void;
}

export interface Producer {
  /** Null where nothing is accepted without being run. */
  add: ((id: string) => Promise<void>) | null;
  addMany: ((ids: readonly string[]) => Promise<void>) | null;
  /** Null where the library has no way to wait for a result. */
  addAndWait: ((id: string) => Promise<void>) | null;
  /** Removes everything that is queued or finished. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Where `npm install --prefix` has put the peers: never among the product's dependencies. */
export const peersFolder = join(import.meta.dirname, "peers");

const require = createRequire(join(peersFolder, "package.json"));

export async function importPeer<T>(name: string): Promise<T> {
  const module: T = await import(pathToFileURL(require.resolve(name)).href); // an import() of a computed name is `any`: T names what we use of it
  return module;
}

export const peerVersion = (name: string): string =>
  Manifest.parse(JSON.parse(readFileSync(join(peersFolder, "node_modules", name, "package.json"), "utf8"))).version;
const Manifest = z.object({ version: z.string() });
