import { createServer, request as ask, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/**
 * What happens to a request on its way. `drop`: it never arrives. `lose`: it arrives and is answered, and the answer is lost.
 * `cut`: the connection breaks after so many bytes of the answer's body. `delay`: ms until it is sent on.
 */
export type Fault = { kind: "drop" } | { kind: "lose" } | { kind: "cut"; bytes: number } | { kind: "delay"; ms: number };

/** Between an HTTP client and a server: it breaks what it is told to break. */
export interface FaultyNetwork {
  origin: string;
  /** Asked for each request, with how many of its method and path came before it. */
  decide: (request: { method: string; path: string; before: number }) => Fault | null;
  faults: Record<Fault["kind"], number>;
  close(): Promise<void>;
}

export async function openFaultyNetwork(target: string): Promise<FaultyNetwork> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const came = new Map<string, number>();
  const network: FaultyNetwork = { origin: "", decide: () => null, faults: { drop: 0, lose: 0, cut: 0, delay: 0 }, close };

  const server = createServer((incoming, outgoing) => {
    const { method = "GET", url = "/" } = incoming;
    const path = url.split("?", 1)[0] ?? "/";
    const before = came.get(`${method} ${path}`) ?? 0;
    came.set(`${method} ${path}`, before + 1);
    const fault = network.decide({ method, path, before });
    if (fault !== null) network.faults[fault.kind] += 1;
    // Read whole, for a client that still sends would take the end for another fault than it is.
    if (fault?.kind === "drop") return void incoming.on("end", () => incoming.socket.destroy()).resume();
    const forward = () => {
      const sent = ask({ hostname, port, method, path: url, headers: incoming.headers }, (answer) => receive(answer));
      sent.on("error", () => incoming.socket.destroy());
      outgoing.on("close", () => sent.destroy());
      incoming.pipe(sent);
    };
    const receive = (answer: IncomingMessage) => {
      answer.on("error", () => incoming.socket.destroy());
      if (fault?.kind === "lose") return void answer.on("end", () => incoming.socket.destroy()).resume();
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      outgoing.flushHeaders();
      let left = fault?.kind === "cut" ? fault.bytes : Number.POSITIVE_INFINITY;
      answer.on("data", (part: Buffer) => {
        outgoing.write(part.subarray(0, left), () => (left <= 0 ? incoming.socket.destroy() : undefined));
        left -= part.length;
      });
      answer.on("end", () => outgoing.end());
    };
    if (fault?.kind === "delay") setTimeout(forward, fault.ms);
    else forward();
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  });
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  network.origin = `http://127.0.0.1:${address.port}`;
  return network;

  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  }
}
