import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse";
import { parse as parseNow } from "csv-parse/sync";
import { pick, seededRandom } from "../lib/random";
import { exists, workspace, writeWhole } from "../lib/workspace";
import { columns, Order } from "./order";

const countries = ["AT", "BR", "DE", "FR", "JP", "NL", "US"] as const;
const skus = ["lamp-brass", "signal-arm", "lever-frame", "bell-tap", "point-motor", "relay-q"] as const;
const notes = ["", "", "", "leave at the gate", 'gift, card says "Thanks"', "two lines:\nring twice"] as const;

/** A sample file that is the same on every machine. About one row in fifty is wrong in one of four ways. */
export async function sampleOrders(rows: number): Promise<string> {
  const path = join(workspace, `orders-${rows}.csv`);
  return (await exists(path)) ? path : writeWhole(path, sampleCsv(rows));
}

function sampleCsv(rows: number): string {
  const random = seededRandom(rows);
  let csv = csvLine(columns);
  for (let i = 1; i <= rows; i++) {
    const day = new Date(Date.UTC(2026, 0, 1) + Math.floor(random() * 300) * 86_400_000).toISOString().slice(0, 10);
    const order = {
      order_id: `ORD-${String(i).padStart(6, "0")}`,
      ordered_at: day,
      email: `customer${Math.floor(random() * 9_000)}@example.com`,
      country: pick(random, countries),
      sku: pick(random, skus),
      quantity: String(1 + Math.floor(random() * 5)),
      unit_price: (5 + random() * 195).toFixed(2),
      note: pick(random, notes),
    };
    if (random() < 0.02) Object.assign(order, pick(random, mistakes));
    csv += csvLine(columns.map((column) => order[column]));
  }
  return csv;
}

const mistakes: [Mistake, ...Mistake[]] = [
  { email: "not-an-address" },
  { quantity: "0" },
  { ordered_at: "14.03.2026" },
  { unit_price: "-1.00" },
];
type Mistake = Partial<Record<(typeof columns)[number], string>>;

export function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`;
}

export interface ChunkRange {
  index: number;
  rows: number;
  /** First byte, and the byte after the last one. */
  start: number;
  end: number;
}

/** Cuts a CSV between records, never inside one: quoted cells may hold line breaks, so the parser says where a record ends. */
export async function chunkRanges(file: string, rowsPerChunk: number): Promise<ChunkRange[]> {
  const ranges: ChunkRange[] = [];
  let rows = -1;
  let start = 0;
  let position = 0;
  const records = createReadStream(file).pipe(parse({ info: true, relax_column_count: true }));
  for await (const { info } of records as AsyncIterable<{ info: { bytes: number } }>) {
    position = info.bytes;
    rows++;
    if (rows === 0) start = position;
    if (rows === rowsPerChunk) {
      ranges.push({ index: ranges.length, rows, start, end: position });
      rows = 0;
      start = position;
    }
  }
  if (rows > 0) ranges.push({ index: ranges.length, rows, start, end: position });
  return ranges;
}

export interface ParsedChunk {
  orders: Order[];
  rejects: { cells: string[]; reason: string }[];
}

export async function readChunk(file: string, range: Pick<ChunkRange, "start" | "end">): Promise<ParsedChunk> {
  const handle = await open(file);
  const buffer = Buffer.alloc(range.end - range.start);
  try {
    await handle.read(buffer, 0, buffer.length, range.start);
  } finally {
    await handle.close();
  }
  const chunk: ParsedChunk = { orders: [], rejects: [] };
  const records: string[][] = parseNow(buffer, { relax_column_count: true });
  for (const cells of records) {
    const order = Order.safeParse(Object.fromEntries(columns.map((column, i) => [column, cells[i]])));
    if (order.success) chunk.orders.push(order.data);
    else chunk.rejects.push({ cells, reason: order.error.issues.map((issue) => issue.message).join("; ") });
  }
  return chunk;
}
