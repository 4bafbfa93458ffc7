import fc from "fast-check";
import { expect, test } from "vitest";
import { messageLength } from "./message";

const declared = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const chunk = (part: string) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`;
const chunked = (parts: string[]) => `POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n${parts.map(chunk).join("")}0\r\n\r\n`;

test("a message is complete with its last byte, whatever follows it", () => {
  const nothing = "HTTP/1.1 204 No Content\r\n\r\n";
  for (const text of [declared("größe"), declared(""), chunked(["grüße", "x".repeat(300)]), chunked([]), nothing]) {
    const bytes = Buffer.from(text);
    for (let length = 0; length < bytes.length; length++) expect(messageLength(bytes.subarray(0, length))).toBeUndefined();
    expect(messageLength(bytes)).toBe(bytes.length);
    expect(messageLength(Buffer.concat([bytes, Buffer.from("HTTP/1.1 200 OK\r\n")]))).toBe(bytes.length);
  }
});

test("any body is measured in bytes, in either framing", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 50 })), (parts) => {
      for (const text of [declared(parts.join("")), chunked(parts)]) expect(messageLength(Buffer.from(text))).toBe(Buffer.byteLength(text));
    }),
    { numRuns: 30 },
  );
});

test("a chunk without a size is an error, not an endless wait", () => {
  expect(() => messageLength(Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"))).toThrow("no size");
});
