import { lookup as resolve, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** What machines tell about themselves to whoever asks from inside, credentials included; and what is no host at all. */
const refused = new BlockList();
refused.addSubnet("0.0.0.0", 8, "ipv4");
refused.addSubnet("169.254.0.0", 16, "ipv4");
refused.addAddress("100.100.100.200", "ipv4");
refused.addAddress("168.63.129.16", "ipv4");
refused.addSubnet("224.0.0.0", 3, "ipv4");
refused.addAddress("::", "ipv6");
refused.addSubnet("fe80::", 10, "ipv6");
refused.addSubnet("ff00::", 8, "ipv6");
refused.addAddress("fd00:ec2::254", "ipv6");
/** Ways to write an IPv4 address that a router leads there. */
refused.addSubnet("64:ff9b::a9fe:0", 112, "ipv6");
refused.addSubnet("2002:a9fe::", 32, "ipv6");

/** Whether alerts may be sent there. A mapped IPv4 address is judged as the address it is. */
export const isRefused = (address: string): boolean => refused.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

class RefusedAddress extends Error {
  constructor(host: string) {
    super(`${host} is a link-local or metadata address, to which nothing is sent. SIGNALBOX_ALERTS_LINK_LOCAL=allow lets alerts go there.`);
  }
}

/** The address as it stands in a URL, without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

/** Throws for an address that is refused; a name is judged by `safeLookup`, when it is looked up for the connection. */
export function checkHost(host: string): void {
  if (isIP(host) !== 0 && isRefused(host)) throw new RefusedAddress(host);
}

/** For the connection itself: what is judged is what is connected to, however often the name changes what it means. */
export const safeLookup: LookupFunction = (host, options, done) => {
  resolve(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error !== null) return done(error, "");
    const bad = found.find(({ address }) => isRefused(address));
    if (bad !== undefined) return done(new RefusedAddress(`${host} (${bad.address})`), "");
    if (options.all === true) return done(null, found);
    const [first] = found;
    return first === undefined ? done(new Error(`${host} has no address`), "") : done(null, first.address, first.family);
  });
};
