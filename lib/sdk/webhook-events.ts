import { z } from "zod";

/** A webhook that is not what it says: its signature or its content is wrong. */
export class WebhookError extends Error {
  override name = "WebhookError";
}

export const signatureHeaderName = "x-trigger-signature-hmacsha256";

const named = z.looseObject({ id: z.string(), slug: z.string(), name: z.string() });
const project = named.extend({ ref: z.string() });
const common = { id: z.string(), created: z.coerce.date(), webhookVersion: z.string() };
const errorObject = z.looseObject({
  classification: z.enum(["new_issue", "regression", "unignored"]),
  error: z.looseObject({
    fingerprint: z.string(),
    type: z.string(),
    message: z.string(),
    stackTrace: z.string().optional(),
    firstSeen: z.coerce.date(),
    lastSeen: z.coerce.date(),
    occurrenceCount: z.number(),
    taskIdentifier: z.string(),
  }),
  environment: z.looseObject({ id: z.string(), name: z.string() }),
  organization: named,
  project,
  dashboardUrl: z.string(),
});

/** What alerts of this server send: every one that fires has the shape of an error. `rule` beside it tells the alert's condition and value. */
const WebhookEvent = z.object({ ...common, type: z.literal("alert.error"), object: errorObject });
type WebhookEvent = z.infer<typeof WebhookEvent>;

interface Received {
  payload: string | Uint8Array;
  /** The value of the signature header. */
  header: string | Uint8Array | string[];
}

const textOf = (given: string | Uint8Array): string => (typeof given === "string" ? given : new TextDecoder().decode(given));

async function isSigned(payload: string, signature: string, secret: string): Promise<boolean> {
  const bytes = new TextEncoder();
  const given = signature.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return /^[0-9a-f]{64}$/.test(signature) && crypto.subtle.verify("HMAC", key, Uint8Array.from(given), bytes.encode(payload));
}

/** The event of a webhook that was signed with this secret; throws `WebhookError` for any other. */
export async function constructEvent(request: Request | Received, secret: string): Promise<WebhookEvent> {
  if (secret === "") throw new WebhookError("The secret of the channel is needed to verify what it sent");
  const header = request instanceof Request ? request.headers.get(signatureHeaderName) : request.header;
  if (header === null) throw new WebhookError("No signature header found");
  if (Array.isArray(header)) throw new WebhookError("Signature header cannot be an array");
  const payload = request instanceof Request ? await request.text() : textOf(request.payload);
  if (!(await isSigned(payload, textOf(header), secret))) throw new WebhookError("Invalid signature");
  try {
    return WebhookEvent.parse(JSON.parse(payload));
  } catch (error) {
    throw new WebhookError(`Webhook parsing failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
