/** An IPv4 address in IPv6 clothes is the IPv4 address. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** Of this machine itself. */
export const isLoopbackAddress = (address: string): boolean => address === "::1" || plainAddress(address).startsWith("127.");

/** What listens here is reached from this machine alone. */
export const isLoopbackHost = (host: string): boolean => host === "localhost" || isLoopbackAddress(host);
