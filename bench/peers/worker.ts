import { now } from "../clock";
import { findPeer } from "./registry";

/**
 * What a peer's worker process tells the harness. `at` by the shared clock; `ms` from the first job's start to the last one's,
 * which leaves out its own start-up and the storing of the last results.
 */
export type WorkerMessage = { type: "ready" } | { type: "started"; id: string; at: number } | { type: "done"; ms: number };

/** Main of the forked process: `target` jobs handled end it in drain mode, in latency mode each start is told. */
export async function runWorker([name = "", connection = "", mode = "latency", target = "0"]: string[]): Promise<void> {
  const tell = (message: WorkerMessage) => process.send?.(message);
  let handled = 0;
  let first = 0;
  const { openWorker } = findPeer(name);
  if (openWorker === null) throw new Error(`${name} has no worker of its own`);
  const worker = await openWorker(connection, {
    mode: mode === "drain" ? "drain" : "latency",
    onJob: (id) => {
      const at = now();
      if (++handled === 1) first = at;
      if (mode === "latency") tell({ type: "started", id, at });
      else if (handled === Number(target)) tell({ type: "done", ms: at - first });
    },
  });
  process.on("disconnect", () => process.exit(0));
  process.on("message", () => {
    void worker.close().finally(() => process.exit(0));
  });
  tell({ type: "ready" });
}
