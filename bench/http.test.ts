import { createServer } from "node:http";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HttpPool } from "./http";

const server = createServer((request, response) => {
  if (request.url === "/chunked") {
    response.write("grüße ");
    setImmediate(() => response.end("x".repeat(100_000)));
    return;
  }
  if (request.url === "/nothing") return void response.writeHead(204).end();
  let body = "";
  request.on("data", (data: Buffer) => (body += data.toString()));
  request.on("end", () => {
    const text = JSON.stringify({ method: request.method, auth: request.headers.authorization, body });
    response.writeHead(request.url === "/no" ? 404 : 200, { "content-length": Buffer.byteLength(text) }).end(text);
  });
});
let pool: HttpPool;
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  pool = new HttpPool({ host: "127.0.0.1", port: address.port }, { authorization: "Bearer k" });
});
afterAll(() => {
  pool.close();
  server.close();
});

test("sends bodies and headers, and reads answers of both framings, many at once", async () => {
  const [echo, chunked, nothing] = await Promise.all([
    pool.json({ method: "POST", path: "/", body: "größe" }),
    pool.send({ method: "GET", path: "/chunked" }),
    pool.send({ method: "GET", path: "/nothing" }),
  ]);
  expect(echo).toEqual({ method: "POST", auth: "Bearer k", body: "größe" });
  expect(chunked.body).toBe("grüße " + "x".repeat(100_000));
  expect([nothing.status, nothing.body]).toEqual([204, ""]);
});

test("a connection is used again, and an error status is an error with its reason", async () => {
  for (let i = 0; i < 5; i++) await pool.json({ method: "GET", path: "/" });
  await expect(pool.json({ method: "GET", path: "/no" })).rejects.toThrow("GET /no: 404");
});
