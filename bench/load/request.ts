import { randomBytes } from "node:crypto";

/**
 * Values that differ in each call. They stand in a request's text with the length of the real ones, so that nothing else of it
 * changes: a UUID, the hash that an idempotency key is sent as, and the key that was hashed.
 */
export const unique = {
  uuid: "be000000-0000-4000-8000-000000000000",
  hash: "be".padEnd(64, "0"),
  key: "bench-key-000000000000",
} as const;

/** Stands where the id goes that the step before has been answered with. */
export const answeredId = "<answered-id>";

export interface Prepared {
  /** In this order, with the answered id between them. */
  pieces: readonly Buffer[];
  /** Makes the next request out of the same bytes. */
  renew(): void;
}

const countedDigits = 12;
/** One count for all callers of a process, from a start of its own: no two calls meet, nor those of an earlier process. */
let count = Number.parseInt(randomBytes(5).toString("hex"), 16);

/** Bytes of a request, made once. Each caller needs its own: they change from call to call. */
export function prepare(text: string): Prepared {
  const pieces = text.split(answeredId).map((piece) => Buffer.from(piece));
  const spots = pieces.flatMap((piece) => Object.values(unique).flatMap((value) => spotsOf(piece, value).map((at) => ({ piece, at }))));
  return {
    pieces,
    renew: () => {
      if (spots.length === 0) return;
      const digits = (++count).toString(16).padStart(countedDigits, "0");
      for (const { piece, at } of spots) piece.write(digits, at, "latin1");
    },
  };
}

function spotsOf(piece: Buffer, value: string): number[] {
  const spots: number[] = [];
  for (let at = piece.indexOf(value); at !== -1; at = piece.indexOf(value, at + value.length)) {
    spots.push(at + value.length - countedDigits);
  }
  return spots;
}

/** What HTTP and the API cannot do without. */
const needed = new Set(["host", "authorization", "content-type", "content-length", "transfer-encoding"]);

/** The same request as a plain HTTP client would send it. */
export function withoutClientHeaders(request: string): string {
  const end = request.indexOf("\r\n\r\n");
  const [first = "", ...headers] = request.slice(0, end).split("\r\n");
  const kept = headers.filter((header) => needed.has(header.slice(0, header.indexOf(":")).toLowerCase()));
  return [first, ...kept].join("\r\n") + request.slice(end);
}
