import { parseArgs } from "node:util";
import type { Scale } from "./rows/row";

/** In the order of measuring. The last ones need a browser. */
export const rowIds = [
  "startup",
  "bare",
  "rest",
  "idle",
  "throughput",
  "accept",
  "drain",
  "parents",
  "waits",
  "fanout",
  "shapes",
  "pages",
  "pixel",
] as const;
export type RowId = (typeof rowIds)[number];

export interface Options {
  rows: ReadonlySet<RowId>;
  subjects: ReadonlySet<"product" | "peers">;
  scale: Scale;
  /** A folder with an older build, that is measured beside this one. */
  base?: string;
  /** Finished runs in the database of a second server, that is measured beside the first. */
  stored: number;
  /** A missed bar is an error. */
  strict: boolean;
}

export const usage = `npm run bench -- [rows] [peers] [options]
  rows        ${rowIds.join(" ")}; none: all of them, and the peers
  peers       measure the peers beside the product (rows rest to drain)
  --only-peers     leave the product out
  --base=DIR  measure the checkout in DIR, installed and built, in turn with this one
  --stored=N  measure a second server that holds N finished runs, in turn with this one (1000000 and 10000000 are the ones to quote)
  --quick     a tenth of everything: to see that it works, not to quote
  --strict    exit 1 when a bar is missed`;

export function parseOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: "boolean" },
      strict: { type: "boolean" },
      "only-peers": { type: "boolean" },
      stored: { type: "string" },
      base: { type: "string" },
    },
  });
  const isRow = (word: string): word is RowId => rowIds.some((id) => id === word);
  const unknown = positionals.find((word) => word !== "peers" && !isRow(word));
  if (unknown !== undefined) throw new Error(`There is no row ${unknown}.\n\n${usage}`);
  const stored = Number(values.stored ?? 0);
  if (!Number.isInteger(stored) || stored < 0) throw new Error(`--stored=${values.stored} is no number of runs.\n\n${usage}`);
  if (values.base === "") throw new Error(`--base needs the folder of a checkout that is built.\n\n${usage}`);
  const rows = positionals.filter(isRow);
  const everything = rows.length === 0;
  const withPeers = everything || positionals.includes("peers") || values["only-peers"] === true;
  return {
    rows: new Set(everything ? rowIds : rows),
    subjects: new Set([...(values["only-peers"] ? [] : (["product"] as const)), ...(withPeers ? (["peers"] as const) : [])]),
    scale: values.quick ? (count) => Math.max(1, Math.round(count / 10)) : (count) => count,
    ...(values.base !== undefined && { base: values.base }),
    stored,
    strict: values.strict === true,
  };
}
