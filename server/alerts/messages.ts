import { createHmac } from "node:crypto";
import { conditionWords, valueWords } from "@/lib/alerts/words";
import type { Delivery } from "../engine/alerts/deliveries";
import type { Environment } from "../engine/environment";

export interface Place {
  env: Environment;
  /** Address of the environment's pages, without a trailing slash. */
  address: string;
}

export interface Message {
  title: string;
  /** What was measured, and since when. */
  text: string;
  link: string;
}

/** For people. */
export function messageOf({ rule, event }: Pick<Delivery, "rule" | "event">, { env, address }: Place): Message {
  const words = conditionWords(rule.condition);
  const isFiring = event.kind === "firing";
  return {
    title: `${isFiring ? "Firing" : "Resolved"}: ${rule.name} (${env.project.name}, ${env.slug})`,
    text: `${words}${rule.condition.measure === "silence" ? "" : `: ${valueWords(rule.condition, event.value)}`}\n${isFiring ? "Fired" : "Resolved"} at ${event.at}`,
    link: `${address}/alerts`,
  };
}

/**
 * For programs, in the published SDK's shape of an error alert, so that `webhooks.constructEvent` takes it: the rule is the error, its
 * condition the message. `rule` beside it says what the shape has no place for. The id is that of the firing, the same over all tries.
 */
export function webhookBody({ rule, event }: Pick<Delivery, "rule" | "event">, { env, address }: Place): string {
  const { project } = env;
  const named = { id: project.ref, slug: project.ref, name: project.name };
  return JSON.stringify({
    id: event.id,
    created: event.at,
    webhookVersion: "v1",
    type: "alert.error",
    object: {
      classification: rule.firings > 1 ? "regression" : "new_issue",
      error: {
        fingerprint: rule.id,
        type: "Alert",
        message: `${rule.name}: ${conditionWords(rule.condition)}`,
        firstSeen: rule.firstFiredAt,
        lastSeen: event.at,
        occurrenceCount: rule.firings,
        taskIdentifier: rule.condition.task.join(", "),
      },
      environment: { id: env.id, name: env.slug },
      organization: named,
      project: { ...named, ref: project.ref },
      dashboardUrl: `${address}/alerts`,
      rule: { id: rule.id, name: rule.name, condition: rule.condition, value: event.value },
    },
  });
}

/** Header that `webhooks.constructEvent` looks at, and its value: hex HMAC-SHA256 of the body. */
export const signatureHeader = "x-trigger-signature-hmacsha256";
export const sign = (body: string, secret: string): string => createHmac("sha256", secret).update(body).digest("hex");
