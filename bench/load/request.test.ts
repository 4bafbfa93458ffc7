import { expect, test } from "vitest";
import { answeredId, prepare, unique, withoutClientHeaders } from "./request";

test("each call has its own values, of the same length and wherever they stand", () => {
  const text = `x-key: ${unique.uuid}\r\n\r\n${unique.hash} ${unique.key}`;
  const prepared = prepare(text);
  const seen = Array.from({ length: 100 }, () => {
    prepared.renew();
    return prepared.pieces.join("");
  });
  expect(new Set(seen).size).toBe(100);
  const wanted = /^x-key: be000000-0000-4000-8000-[\da-f]{12}\r\n\r\nbe0{50}[\da-f]{12} bench-key-[\da-f]{12}$/;
  for (const request of seen) expect(request).toMatch(wanted);
});

test("two callers never send the same value", () => {
  const callers = Array.from({ length: 50 }, () => prepare(unique.uuid));
  const seen = callers.flatMap((caller) =>
    Array.from({ length: 50 }, () => {
      caller.renew();
      return caller.pieces.join("");
    }),
  );
  expect(new Set(seen).size).toBe(2_500);
});

test("an answered id parts the bytes, a request without marks is one piece", () => {
  expect(prepare(`POST /batches/${answeredId}/items`).pieces.map(String)).toEqual(["POST /batches/", "/items"]);
  expect(prepare("GET /").pieces).toHaveLength(1);
});

test("without the client's headers a request keeps its framing, key and body", () => {
  const [needed, own] = ["Host: a\r\n", "X-Trigger-Client: b\r\n"];
  const request = `POST / HTTP/1.1\r\n${needed}${own}Authorization: Bearer c\r\ncontent-length: 2\r\naccept: */*\r\n\r\n{}`;
  expect(withoutClientHeaders(request)).toBe("POST / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer c\r\ncontent-length: 2\r\n\r\n{}");
});
