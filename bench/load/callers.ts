import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { now } from "../clock";
import { messageLength } from "./message";
import { prepare, type Prepared } from "./request";

export interface Step {
  request: string;
  /** What the body of each answer must hold. */
  expect: string;
}

export interface Load {
  origin: { host: string; port: number };
  /** One call is all of them, in this order. */
  steps: readonly Step[];
  callers: number;
  ms: number;
  most: number;
  /** Between the calls of a caller. With it the start that an answer names is read too. */
  pauseMs?: number;
}

export interface Loaded {
  calls: number;
  ms: number;
  /** Of each call, in ms. */
  latencies: Float64Array;
  /** From the call to the user's code, in ms; only where it was asked for and the answer names it. */
  starts: Float64Array;
  /** What the load generator itself has used. */
  cpuMs: number;
}

/** Callers with a connection each, that is kept alive, and one request in flight on it. */
export async function runLoad(load: Load): Promise<Loaded> {
  const callers = await Promise.all(Array.from({ length: load.callers }, () => openCaller(load)));
  const latencies: number[] = [];
  const starts: number[] = [];
  const cpuBefore = process.cpuUsage();
  const from = now();
  let begun = 0;
  try {
    await Promise.all(
      callers.map(async (caller) => {
        while (begun < load.most && now() - from < load.ms) {
          begun++;
          if (load.pauseMs !== undefined) await delay(load.pauseMs);
          const before = now();
          const answer = await caller.call();
          latencies.push(now() - before);
          const startedAt = load.pauseMs === undefined ? undefined : /startedAt\\*":([\d.]+)/.exec(answer.toString("latin1"))?.[1];
          if (startedAt !== undefined) starts.push(Number(startedAt) - before);
        }
      }),
    );
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      calls: latencies.length,
      ms: now() - from,
      latencies: Float64Array.from(latencies),
      starts: Float64Array.from(starts),
      cpuMs: (user + system) / 1_000,
    };
  } finally {
    for (const caller of callers) caller.close();
  }
}

interface Caller {
  /** Gives the last step's answer. */
  call(): Promise<Buffer>;
  close(): void;
}

async function openCaller({ origin, steps }: Load): Promise<Caller> {
  const socket = connect(origin.port, origin.host);
  await once(socket, "connect");
  socket.setNoDelay();
  const exchange = exchanger(socket);
  const prepared = steps.map(({ request, expect }) => ({ request: prepare(request), expect }));
  return {
    call: async () => {
      let answer: Buffer = Buffer.alloc(0);
      for (const { request, expect } of prepared) {
        request.renew();
        answer = await exchange(request, answer);
        if (!isExpected(answer, expect)) throw new Error(`expected 2xx with ${expect}, got ${answer.toString("utf8", 0, 600)}`);
      }
      return answer;
    },
    close: () => socket.destroy(),
  };
}

function exchanger(socket: Socket): (request: Prepared, former: Buffer) => Promise<Buffer> {
  let received: Buffer | undefined;
  let waiting: { done(answer: Buffer): void; fail(error: Error): void } | undefined;
  socket.on("data", (data) => {
    received = received === undefined ? data : Buffer.concat([received, data]);
    const length = messageLength(received);
    if (length === undefined) return;
    const answer = received;
    received = undefined; // one request in flight: nothing follows its answer
    waiting?.done(answer);
  });
  socket.on("error", (error) => waiting?.fail(error));
  socket.on("close", () => waiting?.fail(new Error("the server closed the connection")));
  return ({ pieces }, former) =>
    new Promise((done, fail) => {
      waiting = { done, fail };
      const [only] = pieces;
      if (pieces.length === 1 && only !== undefined) return void socket.write(only);
      const id = /"id":"([^"]+)"/.exec(former.toString("latin1"))?.[1];
      if (id === undefined) return fail(new Error(`no id in ${former.toString("utf8", 0, 600)}`));
      socket.cork();
      for (const [i, piece] of pieces.entries()) {
        if (i > 0) socket.write(id);
        socket.write(piece);
      }
      socket.uncork();
    });
}

/** The status is of three digits behind `HTTP/1.1 `. */
const isExpected = (answer: Buffer, expect: string): boolean => answer[9] === 0x32 && answer.includes(expect);
