import { expect, test } from "vitest";
import { createHostRule } from "./host";

const loopback = createHostRule({ host: "127.0.0.1", publicUrl: "https://box.example.com", hosts: ["box.lan"] });
const everywhere = createHostRule({ host: "0.0.0.0", publicUrl: undefined, hosts: ["box.corp.example"] });

test.each(["127.0.0.1:3030", "localhost", "LOCALHOST:3030", "[::1]:3030", "box.example.com", "box.example.com:8443", "box.lan"])(
  "on loopback %j is answered",
  (host) => {
    expect(loopback(host)).toBeNull();
  },
);

test.each([
  "evil.example",
  "evil.example:3030",
  "127.0.0.1.nip.io",
  "localhost.evil.example",
  "10.0.0.1",
  "sub.box.example.com",
  "box.example.com.evil.example",
  "localhost.",
  "xn--80ak6aa92e.com",
  "signalbox",
])("on loopback %j is another's name", (host) => {
  expect(loopback(host)?.status).toBe(421);
});

test.each([
  undefined,
  "",
  " ",
  "127.0.0.1@evil.example",
  "evil.example@127.0.0.1",
  "127.0.0.1, evil.example",
  "127.0.0.1/evil",
  "http://127.0.0.1",
  "127.0.0.1:port",
  "[::1",
  "a b",
])("%j is no host", (host) => {
  expect(loopback(host)?.status).toBe(400);
  expect(everywhere(host)?.status).toBe(400);
});

// A page of another site can take its own name to this address, not an address or a name without a dot.
test.each(["10.0.0.1:3030", "[fd00::1]", "localhost:3030", "signalbox:3030", "box.corp.example"])(
  "on all addresses %j is answered",
  (host) => {
    expect(everywhere(host)).toBeNull();
  },
);

test("on all addresses another's name is refused, and the answer says what to set", () => {
  expect(everywhere("evil.example")).toMatchObject({ status: 421, reason: expect.stringContaining("SIGNALBOX_HOSTS") });
});
