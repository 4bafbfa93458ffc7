/** Number in metadata that reads as a part of a whole. */
export interface MetadataBar {
  path: string;
  /** 0 to 1. */
  part: number;
  text: string;
}

const says = /progress|percent|pct|ratio|complete|fraction|share/i;
const maxBars = 12;

/** Numbers from 0 to 1, or from 0 to 100, under keys that speak of progress; and `done` of `total`. */
export function metadataBars(value: unknown, path = ""): MetadataBar[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const bars: MetadataBar[] = [];
  const entries = Object.entries(value);
  const total = numberAt(value, "total");
  for (const [key, inner] of entries) {
    const here = path === "" ? key : `${path}.${key}`;
    if (typeof inner === "number" && Number.isFinite(inner)) {
      if (says.test(key) && inner >= 0 && inner <= 100) {
        const part = inner <= 1 ? inner : inner / 100;
        bars.push({ path: here, part, text: `${Math.round(part * 100)} %` });
      } else if (
        total !== undefined &&
        total > 0 &&
        inner >= 0 &&
        inner <= total &&
        /^(done|processed|current|count|completed|rows|imported|finished)$/i.test(key)
      ) {
        bars.push({ path: here, part: inner / total, text: `${inner} of ${total}` });
      }
    } else bars.push(...metadataBars(inner, here));
  }
  return bars.slice(0, maxBars);
}

function numberAt(value: object, key: string): number | undefined {
  const found: unknown = Reflect.get(value, key);
  return typeof found === "number" ? found : undefined;
}
