/** A list in the telemetry of a config; anything else is none. */
export function listIn(telemetry: unknown, key: string): unknown[] {
  const found: unknown = typeof telemetry === "object" && telemetry !== null ? Reflect.get(telemetry, key) : undefined;
  return Array.isArray(found) ? found.flat(Infinity) : [];
}

/** Seconds and nanoseconds. */
export function hrTime(iso: string): [number, number] {
  const ms = Date.parse(iso);
  return [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];
}

/** Attributes as OpenTelemetry has them: scalars, and what is more as JSON. */
export function flat(attributes: Record<string, unknown> = {}): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : JSON.stringify(value),
    ]),
  );
}
