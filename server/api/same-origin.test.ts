import { expect, test } from "vitest";
import { sameOrigin } from "./same-origin";

const own = "https://box.example.com";
const asks = (headers: Record<string, string>) => sameOrigin(new Headers({ host: "box.example.com", ...headers }), own);

test.each([
  [{}, true],
  [{ origin: own }, true],
  [{ origin: own, "sec-fetch-site": "same-origin" }, true],
  [{ "sec-fetch-site": "none" }, true],
  // Behind a proxy the page has the address by which the proxy was asked.
  [{ origin: "https://intern.example", host: "intern.example" }, true],
  [{ origin: "http://localhost:3030", host: "localhost:3030" }, true],
  [{ origin: "https://evil.example" }, false],
  [{ origin: "https://box.example.com.evil.example" }, false],
  [{ origin: "https://box.example.com:8443" }, false],
  [{ origin: "null" }, false],
  [{ origin: "" }, false],
  [{ origin: own, "sec-fetch-site": "cross-site" }, false],
  [{ "sec-fetch-site": "same-site" }, false],
])("%j: %s", (headers, expected) => {
  expect(asks(headers)).toBe(expected);
});
