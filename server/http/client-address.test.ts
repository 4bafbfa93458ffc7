import { expect, test } from "vitest";
import { createClientAddress } from "./client-address";

const asked = (proxies: string[], remoteAddress: string, forwarded?: string) =>
  createClientAddress(proxies)({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } });

test.each([
  [[], "203.0.113.9", "1.2.3.4", "203.0.113.9"],
  [[], "127.0.0.1", "1.2.3.4", "127.0.0.1"],
  [["127.0.0.1"], "::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"],
  // What the client wrote itself stands before what the proxy has seen.
  [["127.0.0.1"], "127.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"],
  [["127.0.0.1", "10.0.0.0/8"], "127.0.0.1", "1.2.3.4, 203.0.113.9, 10.1.2.3", "203.0.113.9"],
  [["10.0.0.0/8"], "192.0.2.1", "1.2.3.4", "192.0.2.1"],
  [["127.0.0.1"], "127.0.0.1", undefined, "127.0.0.1"],
  [["127.0.0.1"], "127.0.0.1", "1.2.3.4, nonsense", "127.0.0.1"],
  [["127.0.0.1"], "127.0.0.1", "127.0.0.1", "127.0.0.1"],
  [["fd00::/8"], "fd00::1", "2001:db8::5", "2001:db8::5"],
])("proxies %j, socket %s, forwarded for %j: %s", (proxies, socket, forwarded, expected) => {
  expect(asked(proxies, socket, forwarded)).toBe(expected);
});
