import { createServer } from "node:http";
import next from "next";
import type { Handler, UpgradeHandler } from "./listen";

export interface Pages {
  handle: Handler;
  /** Hot reload of the dashboard in development. */
  upgrade: UpgradeHandler;
  close(): Promise<void>;
}

/** The dashboard, rendered by Next in this process. `root` holds `.next`, or the sources in development. */
export async function openPages(options: { root: string; dev: boolean; port: number }): Promise<Pages> {
  // Next listens for upgrades on the server that it is given; ours answers its sockets itself, so it gets one that never listens.
  const decoy = createServer();
  // It takes a rewrite for its own only under the name that it was given, and calls every loopback address localhost there.
  const app = next({ dev: options.dev, dir: options.root, hostname: "localhost", port: options.port, httpServer: decoy, quiet: true });
  await app.prepare();
  const handle = app.getRequestHandler();
  return {
    handle: (request, response) => handle(request, response),
    upgrade: (request, socket, head) => void decoy.emit("upgrade", request, socket, head),
    async close() {
      await app.close();
    },
  };
}
