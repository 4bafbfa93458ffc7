import { absentCall, absentDefinition, absentMembers, type AbsentCall } from "./absent";
import { constructEvent, signatureHeaderName } from "../webhook-events";

export { WebhookError } from "../webhook-events";

// Webhook tasks, endpoints and waiters. None of it is built, but for what verifies alerts; the names are those of the published SDK.
const advice = "Receive the webhook in your own application and trigger a task from there";
const define = (name: string): AbsentCall => absentDefinition(name, advice);
const providers = [
  "calendly",
  "calCom",
  "sentry",
  "pagerduty",
  "vercel",
  "linear",
  "notion",
  "typeform",
  "docusign",
  "jira",
  "intercom",
  "zendesk",
  "attio",
  "workos",
  "elevenlabs",
  "vapi",
  "retell",
  "shopify",
  "loops",
  "granola",
  "autumn",
  "metronome",
  "mux",
  "tailscale",
  "langfuse",
  "infisical",
  "planetscale",
  "plain",
  "firecrawl",
  "supabase",
] as const;
const sources = [
  "custom",
  "stripe",
  "github",
  "svix",
  "standardWebhooks",
  "square",
  "discord",
  "clerk",
  "resend",
  "openai",
  "replicate",
  "recallai",
  "brex",
  "composio",
  "gitlab",
  "whatsapp",
  "hookdeck",
] as const;

export const webhook = define("webhook");
export const defineWebhookEndpoint = define("defineWebhookEndpoint");
export const providerProducers = absentMembers("providerProducers", providers, { make: absentDefinition, advice });
export const webhookSources = absentMembers("webhookSources", sources, { make: absentDefinition, advice });
export const webhooks = {
  ...absentMembers("webhooks", [...providers, ...sources], { make: absentDefinition, advice }),
  constructEvent,
  SIGNATURE_HEADER_NAME: signatureHeaderName,
  endpoint: { define: define("webhooks.endpoint.define") },
  waiter: absentMembers("webhooks.waiter", ["create", "wait", "cancel"], { advice }),
};
export const normalizeKeyString = absentCall("normalizeKeyString", advice);

/** Nothing here throws these; code may ask `instanceof`. */
export class WebhookEndpointNotFoundError extends Error {
  override name = "WebhookEndpointNotFoundError";
}
export class WebhookFilterError extends Error {
  override name = "WebhookFilterError";
}
export class WebhookIndexingError extends Error {
  override name = "WebhookIndexingError";
}
export class WebhookWaiterCancelledError extends Error {
  override name = "WebhookWaiterCancelledError";
}
export class WebhookWaiterLimitError extends Error {
  override name = "WebhookWaiterLimitError";
}
