import { createServer, connect, type Socket } from "node:net";
import { join } from "node:path";

/** Between a client and PostgreSQL: it cuts connections at the two moments that matter. */
export interface CuttingProxy {
  url: string;
  /** Decides, for each statement or commit, whether its connection is cut before it arrives, or when it is done and unanswered. */
  decide: (moment: "request" | "reply") => boolean;
  cuts: { request: number; reply: number };
  close(): Promise<void>;
}

/** ReadyForQuery outside of a transaction ends a reply: what it answers is committed. */
const committed = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
/** Bind, Execute, or a simple query: not the messages of the start. */
const asks = new Set([0x50, 0x42, 0x51]);

export async function openCuttingProxy(url: string): Promise<CuttingProxy> {
  const upstream = new URL(url);
  const directory = upstream.searchParams.get("host");
  const target = directory === null ? { host: upstream.hostname, port: Number(upstream.port) } : { path: join(directory, ".s.PGSQL.5432") };
  const open = new Set<Socket>();
  const proxy: CuttingProxy = { url: "", decide: () => false, cuts: { request: 0, reply: 0 }, close };

  const server = createServer((client) => {
    const database = connect(target);
    let isReady = false;
    const end = () => {
      client.destroy();
      database.destroy();
    };
    const cut = (moment: "request" | "reply") => {
      proxy.cuts[moment] += 1;
      end();
    };
    for (const socket of [client, database]) {
      open.add(socket);
      socket.on("error", end).on("close", () => {
        open.delete(socket);
        end();
      });
    }
    client.on("data", (data) => {
      if (isReady && asks.has(data[0] ?? 0) && proxy.decide("request")) return cut("request");
      database.write(data);
    });
    database.on("data", (data) => {
      const isDone = data.subarray(-committed.length).equals(committed);
      if (isReady && isDone && proxy.decide("reply")) return cut("reply");
      isReady ||= isDone;
      client.write(data);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const own = new URL(url);
  own.searchParams.delete("host");
  own.host = `127.0.0.1:${address.port}`;
  proxy.url = own.toString();
  return proxy;

  async function close(): Promise<void> {
    for (const socket of open) socket.destroy();
    await new Promise((done) => server.close(done));
  }
}
