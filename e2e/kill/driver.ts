import { setTimeout as sleep } from "node:timers/promises";
import { chooseKind, type Kind } from "./kinds";
import type { Random } from "./random";
import type { Requests } from "./requests";
import { readEffects } from "./witnesses";

interface DriverOptions {
  requests: Requests;
  random: Random;
  journal: string;
  /** Work items at least; each is a run with its children, or a batch. While the kills go on, so does the load. */
  items: number;
  until: Promise<unknown>;
  /** Over which they are spread, ms. */
  overMs: number;
  callers: number;
  /** Work that takes longer than the campaign is left out. */
  mayBeLong(kind: Kind): boolean;
}

/** Shares of the work. */
const batches = 0.02;
const keyed = 0.75;
const canceled = 0.25;
const answeredTwice = 0.35;
const batchSize = 8;

/** Sends the load. Resolves when every item was sent and every token that was seen is answered; `stopAnswering` ends the second part. */
export function startDriver(options: DriverOptions): { sent: Promise<void>; stopAnswering(): Promise<void> } {
  const { requests, random, journal } = options;
  const follow = new Set<Promise<unknown>>();
  const later = (work: () => Promise<unknown>) => {
    const done = work().finally(() => follow.delete(done));
    follow.add(done);
  };

  async function send(n: number): Promise<void> {
    if (random.chance(batches)) return sendBatch(n);
    const kind = chooseKind(random, options.mayBeLong);
    const payload: Record<string, unknown> = { journal, n, ...kind.payload(random) };
    // Drawn before anything is awaited: what the seed decides must not depend on the server.
    const [hasKey, isCanceled, cancelAfterMs] = [random.chance(keyed), kind.cancelable && random.chance(canceled), random.between(0, 4000)];
    if (kind.task === "answers") {
      const token = await requests.insist(
        { op: "token", n, key: `token-${n}` },
        { path: "/api/v1/waitpoints/tokens", body: { idempotencyKey: `token-${n}`, tags: [`n:${n}`] } },
      );
      if (token?.id === undefined) return;
      payload["token"] = token.id;
      answerSoon(n, token.id);
    }
    const key = hasKey ? `work-${n}` : undefined;
    const call = {
      path: `/api/v1/tasks/${kind.task}/trigger`,
      body: { payload, options: { ...kind.options, ...(key !== undefined && { idempotencyKey: key }) } },
    };
    const facts = { op: "trigger", n, task: kind.task, ...(key !== undefined && { key }) } as const;
    const made = key === undefined ? await requests.send(facts, call) : await requests.insist(facts, call);
    const run = made?.id;
    if (run === undefined) return;
    // Who has an answer may ask again, and must hear the same.
    if (key !== undefined && n % 9 === 0) later(() => requests.insist(facts, call));
    if (isCanceled) {
      later(async () => {
        await sleep(cancelAfterMs);
        await requests.insist({ op: "cancel", n, target: run }, { path: `/api/v2/runs/${run}/cancel`, body: {} });
      });
    }
  }

  /** Both phases; the second is sent until the batch is sealed. */
  async function sendBatch(n: number): Promise<void> {
    const key = `batch-${n}`;
    const batch = await requests.insist(
      { op: "batch", n, key },
      { path: "/api/v3/batches", body: { runCount: batchSize, idempotencyKey: key } },
    );
    if (batch?.id === undefined) return;
    const lines = Array.from({ length: batchSize }, (_, index) =>
      JSON.stringify({ index, task: "noop", payload: { journal, n, item: index } }),
    );
    await requests.insist(
      { op: "items", n, target: batch.id },
      { path: `/api/v3/batches/${batch.id}/items`, body: `${lines.join("\n")}\n`, contentType: "application/x-ndjson" },
    );
  }

  function answerSoon(n: number, token: string): void {
    const values = random.chance(answeredTwice) ? ["first", "second"] : ["only"];
    for (const value of values) {
      const pause = random.between(0, 3000);
      later(async () => {
        await sleep(pause);
        await requests.insist(
          { op: "answer", n, target: token, value },
          { path: `/api/v1/waitpoints/tokens/${token}/complete`, body: { data: { value } } },
        );
      });
    }
  }

  const stop = new AbortController();
  /** Tokens that task code has made are read from its journal. */
  async function answerAll(): Promise<void> {
    const seen = new Set<string>();
    for (let from = 0; !stop.signal.aborted;) {
      const { effects, end } = readEffects(journal, from);
      from = end;
      for (const { step, token, n } of effects) {
        if (step !== "token" || token === undefined || seen.has(token)) continue;
        seen.add(token);
        answerSoon(n, token);
      }
      await sleep(100);
    }
    while (follow.size > 0) await Promise.all(follow);
  }
  const answering = answerAll();

  async function load(): Promise<void> {
    const begun = Date.now();
    let next = 0;
    let isEnough = false;
    void options.until.finally(() => (isEnough = true)).catch(() => {});
    const call = async () => {
      for (let n = next++; n < options.items || !isEnough; n = next++) {
        await sleep(Math.max(0, begun + (n / options.items) * options.overMs - Date.now()));
        await send(n);
      }
    };
    await Promise.all(Array.from({ length: options.callers }, call));
  }
  return {
    sent: load(),
    async stopAnswering() {
      stop.abort();
      await answering;
    },
  };
}
