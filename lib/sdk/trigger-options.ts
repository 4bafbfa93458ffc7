import { TriggerOptions as WireOptions } from "@/lib/contracts/trigger";
import { toPlain } from "@/lib/values/to-plain";
import { toMadeKey, type MadeKey } from "./idempotency-keys";
import { dueMeant, numberMeant, recordMeant, textMeant, textsMeant } from "./meant";
import type { TriggerOptions } from "./options";
import type { Run } from "./run/run";

/** How each option is taken: what callers read from databases and forms is text where a number is meant, and null where nothing is. */
const readers: Partial<Record<string, (what: string, given: unknown) => unknown>> = {
  maxAttempts: numberMeant,
  maxDuration: numberMeant,
  priority: numberMeant,
  concurrencyKey: textMeant,
  concurrency: (what, given) => (Array.isArray(given) ? given : [given]).map((name) => textMeant(what, name)),
  idempotencyKeyTTL: textMeant,
  region: textMeant,
  machine: textMeant,
  externalDeploymentId: textMeant,
  delay: dueMeant,
  tags: textsMeant,
  metadata: (what, given) => recordMeant(what, toPlain(given)),
  queue: (what, given) => ({ name: textMeant(what, typeof given === "object" && given !== null && "name" in given ? given.name : given) }),
};

/** Of a trigger inside a run: its trace outside of Signalbox is the child's, too. */
export const tracedBy = ({ assignment: { traceparent } }: Pick<Run, "assignment">, wire: WireOptions): WireOptions =>
  traceparent === undefined ? wire : { ...wire, traceparent };

/** `options` of a trigger as the engine and the API take them. `key`: used where the options have none. */
export function toWireOptions(options?: TriggerOptions | null, key?: MadeKey): WireOptions {
  const wire: Record<string, unknown> = { ...key };
  let given = 0;
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value === undefined || value === null) continue;
    given++;
    if (name === "idempotencyKey") Object.assign(wire, toMadeKey(value));
    else if (name === "version") wire["lockToVersion"] = textMeant("options.version", value);
    else wire[name] = readers[name]?.(`options.${name}`, value) ?? value;
  }
  // Without options there is nothing to check.
  if (given === 0) return wire;
  const checked = WireOptions.safeParse(wire);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new TypeError(`options.${issue?.path.map(String).join(".")} cannot be understood: ${issue?.message}`);
}
