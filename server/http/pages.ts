import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import type next from "next";
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
  const app = loadNext(options)({
    dev: options.dev,
    dir: options.root,
    hostname: "localhost",
    port: options.port,
    httpServer: decoy,
    quiet: true,
  });
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

/** What was compiled is served with the files of Next that were kept beside it and the settings of that time: neither a compiler nor next.config.ts is needed. */
function loadNext({ root, dev }: { root: string; dev: boolean }): typeof next {
  if (!dev) {
    // JSON of Next's own making, which Next reads again.
    const { config } = JSON.parse(readFileSync(join(root, ".next", "required-server-files.json"), "utf8")) as { config: unknown };
    process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify(config);
  }
  return createRequire(join(root, dev ? "" : ".next", "package.json"))("next") as typeof next;
}
