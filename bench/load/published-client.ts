import { createServer } from "node:net";
import { batch, configure, tasks } from "upstream-sdk";
import { listenLocally } from "./listen";
import { messageLength } from "./message";
import { answeredId, unique } from "./request";

/** Requests as the published client sends them, byte for byte, but for what differs in each call. */
export interface ClientRequests {
  trigger: string;
  /** With an `idempotencyKey` of its own. */
  keyed: string;
  createBatch: string;
  addItems: string;
}

interface Asking {
  origin: { host: string; port: number };
  secretKey: string;
  task: string;
  payload: object;
  batchSize: number;
}

/** Lets the client talk to a server that keeps what it says. */
export async function captureClientRequests({ origin, secretKey, task, payload, batchSize }: Asking): Promise<ClientRequests> {
  const requests: Buffer[] = [];
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on("data", (data) => {
      received = Buffer.concat([received, data]);
      const length = messageLength(received);
      if (length === undefined) return;
      requests.push(received.subarray(0, length));
      received = received.subarray(length);
      const ofBatch = { runCount: batchSize, itemsAccepted: batchSize, itemsDeduplicated: 0, sealed: true };
      const body = JSON.stringify({ id: "captured", isCached: false, ...ofBatch });
      const claims = 'x-trigger-jwt-claims: {"sub":"captured","pub":true}';
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${claims}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    });
  });
  const port = await listenLocally(server);
  try {
    configure({ baseURL: `http://127.0.0.1:${port}`, accessToken: secretKey });
    await tasks.trigger(task, payload);
    await tasks.trigger(task, payload, { idempotencyKey: unique.key });
    await batch.trigger(Array.from({ length: batchSize }, () => ({ id: task, payload })));
  } finally {
    server.close();
  }
  if (requests.length !== 4) throw new Error(`the published client sent ${requests.length} requests, not 4: look at what it sends now`);
  const [trigger = "", keyed = "", createBatch = "", addItems = ""] = requests.map((request) => markUnique(request.toString(), origin));
  return { trigger, keyed, createBatch, addItems: addItems.replace("/captured/", `/${answeredId}/`) };
}

/** Behind the mark the values are counted, and the length of the body stays what it says. */
const markUnique = (request: string, { host, port }: Asking["origin"]): string =>
  request
    .replace(/(\r\nhost: )[^\r]+/i, `$1${host}:${port}`)
    .replace(/(\r\nx-trigger-request-idempotency-key: )[\da-f-]{36}(?=\r)/i, `$1${unique.uuid}`)
    .replace(/("idempotencyKey":")[\da-f]{64}(?=")/, `$1${unique.hash}`);

/** For the report: what was sent, without values. */
export const headerNames = (request: string): string[] =>
  request
    .slice(0, request.indexOf("\r\n\r\n"))
    .split("\r\n")
    .slice(1)
    .map((header) => header.slice(0, header.indexOf(":")).toLowerCase());
