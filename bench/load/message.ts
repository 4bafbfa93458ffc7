/**
 * Length of the first HTTP/1.1 message in `bytes`, a request's or an answer's; undefined while it is not complete.
 * Looks at nothing but its framing: the load generator shares the cores with what it measures.
 */
export function messageLength(bytes: Buffer): number | undefined {
  const head = bytes.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const start = head + 4;
  const headers = bytes.toString("latin1", 0, head);
  const declared = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1];
  if (declared !== undefined) return bytes.length < start + Number(declared) ? undefined : start + Number(declared);
  return /\r\ntransfer-encoding: *chunked/i.test(headers) ? chunksEnd(bytes, start) : start;
}

function chunksEnd(bytes: Buffer, start: number): number | undefined {
  for (let at = start; ;) {
    const line = bytes.indexOf("\r\n", at);
    if (line === -1) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, line), 16);
    if (Number.isNaN(size)) throw new Error(`no size of a chunk: ${bytes.toString("latin1", at, line).slice(0, 40)}`);
    const next = line + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return next;
    at = next;
  }
}
