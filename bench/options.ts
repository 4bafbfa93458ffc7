import { parseArgs } from "node:util";
import type { Scale } from "./rows/row";

/** In the order of measuring. The last ones need a browser. */
export const rowIds = ["startup", "rest", "idle", "throughput", "accept", "drain", "fanout", "pages", "pixel"] as const;
export type RowId = (typeof rowIds)[number];

export interface Options {
  rows: ReadonlySet<RowId>;
  subjects: ReadonlySet<"product" | "peers">;
  scale: Scale;
  /** Finished runs that are stored before anything is measured. */
  stored: number;
  /** A missed bar is an error. */
  strict: boolean;
}

export const usage = `npm run bench -- [rows] [peers] [options]
  rows        ${rowIds.join(" ")}; none: all of them, and the peers
  peers       measure the peers beside the product (rows rest to drain)
  --only-peers     leave the product out
  --stored=N  store N finished runs first (1000000 and 10000000 are the ones to quote)
  --quick     a tenth of everything: to see that it works, not to quote
  --strict    exit 1 when a bar is missed`;

export function parseOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { quick: { type: "boolean" }, strict: { type: "boolean" }, "only-peers": { type: "boolean" }, stored: { type: "string" } },
  });
  const isRow = (word: string): word is RowId => rowIds.some((id) => id === word);
  const unknown = positionals.filter((word) => word !== "peers" && !isRow(word));
  const stored = Number(values.stored ?? 0);
  if (unknown.length > 0 || !Number.isInteger(stored) || stored < 0) throw new Error(unknown.length > 0 ? `There is no row ${unknown[0]}.\n\n${usage}` : usage);
  const rows = positionals.filter(isRow);
  const everything = rows.length === 0;
  const withPeers = everything || positionals.includes("peers") || values["only-peers"] === true;
  return {
    rows: new Set(everything ? rowIds : rows),
    subjects: new Set([...(values["only-peers"] ? [] : (["product"] as const)), ...(withPeers ? (["peers"] as const) : [])]),
    scale: values.quick ? (count) => Math.max(1, Math.round(count / 10)) : (count) => count,
    stored,
    strict: values.strict === true,
  };
}
