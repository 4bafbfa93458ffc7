import { createServer } from "node:http";
import { listenLocally } from "./listen";

/** As long as the answer of a trigger that waits for its result. */
const result = { ok: true, output: '{"startedAt":123456.789012}', outputType: "application/json" };
const answer = JSON.stringify({ id: "run_".padEnd(25, "0"), isCached: false, result });

/** Main of the forked process: reads each request and answers it, which no server on `node:http` can do in less. */
export async function runBareHandler(): Promise<void> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(200, { "content-type": "application/json", "content-length": answer.length }).end(answer));
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.(await listenLocally(server));
}
