import type { TriggerOptions as WireOptions } from "@/lib/contracts/trigger";
import { toMadeKey, type MadeKey } from "./idempotency-keys";
import type { TriggerOptions } from "./options";

/** `options` of a trigger as the engine and the API take them. `key`: used where the options have none. */
export function toWireOptions(options: TriggerOptions = {}, key?: MadeKey): WireOptions {
  const { queue, delay, tags, version, idempotencyKey, debounce, ...rest } = options;
  return {
    ...rest,
    ...(toMadeKey(idempotencyKey) ?? key),
    ...(queue !== undefined && { queue: { name: typeof queue === "string" ? queue : queue.name } }),
    ...(delay !== undefined && { delay: typeof delay === "string" ? delay : delay.toISOString() }),
    ...(tags !== undefined && { tags: typeof tags === "string" ? [tags] : tags }),
    ...(version !== undefined && { lockToVersion: version }),
    ...(debounce !== undefined && { debounce }),
  };
}
