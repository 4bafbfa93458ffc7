import { ChannelTarget } from "@/lib/contracts/alerts";
import { newId } from "@/lib/ids/ids";
import { Unavailable } from "../db/errors";
import type { Vault } from "../db/keys";
import { sealedChannel } from "../engine/alerts/channels";
import { claimDeliveries, closeDelivery, type Delivery } from "../engine/alerts/deliveries";
import { evaluateRules } from "../engine/alerts/evaluate";
import type { Engine } from "../engine/engine";
import { sendMail } from "./mail";
import { messageOf, sign, signatureHeader, webhookBody, type Place } from "./messages";
import { post } from "./post";

const evaluateEveryMs = 15_000;
const deliverEveryMs = 5_000;

interface AlertsOptions {
  engine: Engine;
  vault: Vault;
  /** Address of the environment's pages, without a trailing slash. */
  address: () => string;
  /** Whether link-local and metadata addresses are refused. */
  isGuarded: boolean;
}

export interface Alerts {
  /** Measures every rule now, and sends what is due. */
  work(): Promise<void>;
  /** Sends something that says it is a test. Null: it was taken; else why not. */
  test(channelId: string, by: string): Promise<string | null>;
  start(): void;
  /** There were rules when they were last measured. */
  isWatching(): boolean;
  close(): Promise<void>;
}

/** Measures the rules of one environment and tells channels of what they find. What is to be told stands in the database: a crash loses none of it. */
export function openAlerts({ engine, vault, address, isGuarded }: AlertsOptions): Alerts {
  const place = (): Place => ({ env: engine.env, address: address() });
  const timers = new Set<NodeJS.Timeout>();
  const running = new Map<() => Promise<void>, Promise<void>>();
  const ending = new AbortController();
  const { signal } = ending;

  async function send({ id, channel, event, rule }: Pick<Delivery, "id" | "channel" | "event" | "rule">): Promise<void> {
    const target = ChannelTarget.parse(JSON.parse(vault.open(channel.sealed, `alert-channel ${channel.id}`)));
    const message = messageOf({ rule, event }, place());
    switch (target.kind) {
      case "email":
        return sendMail({ ...target, message, id, isGuarded, signal });
      case "slack":
        return post({
          url: target.url,
          body: JSON.stringify({ text: `*${escaped(message.title)}*\n${escaped(message.text)}\n<${message.link}|Open alerts>` }),
          headers: {},
          isGuarded,
          signal,
        });
      case "webhook": {
        const body = webhookBody({ rule, event }, place());
        return post({ url: target.url, body, headers: { [signatureHeader]: sign(body, target.secret ?? "") }, isGuarded, signal });
      }
    }
  }

  async function deliver(): Promise<void> {
    for (let due = await claimDeliveries(engine); due.length > 0 && !signal.aborted; due = await claimDeliveries(engine)) {
      await Promise.all(due.map(async (delivery) => closeDelivery(engine, delivery, await send(delivery).then(() => null, lineOf))));
    }
  }
  let rules = 0;
  const evaluate = async () => void (rules = await evaluateRules(engine));

  /** One at a time of each. */
  function run(work: () => Promise<void>): Promise<void> {
    const current = (running.get(work) ?? Promise.resolve()).then(work);
    const settled = current
      .catch((error: unknown) => {
        if (!(error instanceof Unavailable)) engine.log.warn("alerts failed for a moment", { error: String(error) });
      })
      .finally(() => {
        if (running.get(work) === settled) running.delete(work);
      });
    running.set(work, settled);
    return settled;
  }
  const every = (ms: number, work: () => Promise<void>) => void timers.add(setInterval(() => void (running.has(work) || run(work)), ms));

  return {
    async work() {
      await run(evaluate);
      await run(deliver);
    },
    async test(channelId, by) {
      const channel = await sealedChannel(engine, channelId);
      const at = new Date(engine.clock.now()).toISOString();
      const condition = { measure: "failures" as const, percentile: 95, bound: 0, windowMinutes: 5, task: [], queue: [] };
      const rule = { id: "alert_test", name: `Test by ${by}`, condition, firstFiredAt: at, firings: 1 };
      return send({ id: newId("delivery"), channel, event: { id: newId("alertevent"), kind: "firing", at, value: 1 }, rule }).then(
        () => null,
        lineOf,
      );
    },
    isWatching: () => rules > 0,
    start() {
      every(evaluateEveryMs, evaluate);
      every(deliverEveryMs, deliver);
    },
    async close() {
      ending.abort();
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running.values());
    },
  };
}

const lineOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

/** Slack's own marks are nothing that a rule's name may make. */
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
