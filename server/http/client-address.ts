import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIP } from "node:net";
import { plainAddress } from "@/lib/http/loopback";

interface Asked {
  headers: IncomingHttpHeaders;
  socket: { remoteAddress?: string | undefined };
}

/**
 * Where a request comes from: the address of its socket, or what the proxies that are trusted say about it.
 * `proxies`: addresses and networks (10.0.0.0/8) of our own proxies. Each adds the address that it was asked from at the end of
 * X-Forwarded-For, so the last one that is none of theirs is the client's; what stands before it anybody may have written.
 */
export function createClientAddress(proxies: readonly string[]): (request: Asked) => string {
  const trusted = new BlockList();
  for (const proxy of proxies) {
    const [address = "", prefix] = proxy.split("/", 2);
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  return ({ headers, socket }) => {
    const own = plainAddress(socket.remoteAddress ?? "");
    if (proxies.length === 0 || isIP(own) === 0 || !isTrusted(own)) return own;
    const said = [headers["x-forwarded-for"] ?? []]
      .flat()
      .join(",")
      .split(",")
      .map((part) => plainAddress(part.trim()));
    let nearest = own;
    for (const address of said.toReversed()) {
      if (isIP(address) === 0) return nearest;
      nearest = address;
      if (!isTrusted(address)) return nearest;
    }
    return nearest;
  };
}

export function isProxyAddress(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const family = isIP(address);
  return (
    family !== 0 && rest.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32)))
  );
}
