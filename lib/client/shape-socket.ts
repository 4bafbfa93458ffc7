import { ApiError } from "./api-error";
import { createConnection, type SocketLike } from "./connection";
import { createShapeLog, type ShapeRow } from "./shape";
import { createSync, type LinkStatus, type Sync } from "./sync";
import type { Subscribable } from "../view/store";

/** Shapes over the server's WebSocket: all that one token follows goes over one socket, and a change is pushed, not asked for. */

/** There is no socket, or none that this server answers: long polls do the same. */
export class NoSocket extends Error {
  override readonly name = "NoSocket";
}

export interface ShapeSocket {
  sync: Pick<Sync, "subscribe">;
  status: Subscribable<LinkStatus>;
  release(): void;
}

/** Until a socket has been welcomed. */
const welcomeMs = 3_000;
/** A server whose sockets do not get through is asked again after so long. */
const unreachableMs = 60_000;
/** A page that goes from one component to the next keeps its socket. */
const idleMs = 1_000;

interface Held {
  socket: ShapeSocket;
  users: number;
}

const held = new Map<string, Held>();
const unreachable = new Map<string, number>();

/** The socket of this token, shared with all who hold it. Throws `NoSocket`. */
export function holdSocket({
  baseURL,
  token,
  openSocket,
}: {
  baseURL: string;
  token: string;
  openSocket?: ((url: string) => SocketLike) | undefined;
}): ShapeSocket {
  if (openSocket === undefined && typeof WebSocket === "undefined") throw new NoSocket("There are no WebSockets here.");
  if (Date.now() < (unreachable.get(baseURL) ?? 0)) throw new NoSocket("The server's sockets could not be reached a moment ago.");
  const key = `${baseURL} ${token}`;
  const known = held.get(key);
  if (known !== undefined && known.socket.status.getSnapshot().phase !== "closed") {
    known.users += 1;
    return known.socket;
  }
  const made: Held = { socket: open({ baseURL, token, openSocket, onRelease }), users: 1 };
  held.set(key, made);
  return made.socket;

  function onRelease(close: () => void): void {
    made.users -= 1;
    setTimeout(() => {
      if (made.users > 0) return;
      if (held.get(key) === made) held.delete(key);
      close();
    }, idleMs);
  }
}

interface Opening {
  baseURL: string;
  token: string;
  openSocket: ((url: string) => SocketLike) | undefined;
  onRelease(close: () => void): void;
}

function open({ baseURL, token, openSocket, onRelease }: Opening): ShapeSocket {
  const connection = createConnection({
    url: `${baseURL.replace(/^http/, "ws")}/realtime?auth=token`,
    token: () => token,
    ...(openSocket !== undefined && { openSocket }),
  });
  const sync = createSync(connection);
  return {
    sync,
    status: sync.status,
    release: () =>
      onRelease(() => {
        sync.close();
        connection.close();
      }),
  };
}

/**
 * The rows of a shape, as `followShape` gives them. A socket that was welcomed once comes back by itself for ever; `NoSocket` when it
 * never is. A refusal is thrown as ApiError; aborted: ends without an error.
 */
export async function* followOverSocket({
  baseURL,
  socket,
  path,
  signal,
}: {
  baseURL: string;
  socket: ShapeSocket;
  path: string;
  signal: AbortSignal;
}): AsyncGenerator<ShapeRow[], void> {
  const log = createShapeLog();
  const ready: ShapeRow[][] = [];
  let end: Error | null = null;
  let wake: () => void = () => undefined;

  function finish(error: Error): void {
    end ??= error;
    wake();
  }
  function look(): void {
    const { phase, reason } = socket.status.getSnapshot();
    if (phase === "live" || phase === "catchingUp") clearTimeout(welcome);
    if (phase === "closed")
      finish(
        reason === "protocol"
          ? new NoSocket("The server speaks another version.")
          : ApiError.generate(401, undefined, "The server refused the access token."),
      );
  }

  const welcome = setTimeout(() => {
    unreachable.set(baseURL, Date.now() + unreachableMs);
    finish(new NoSocket("The server's socket did not open."));
  }, welcomeMs);
  const unlisten = socket.status.subscribe(look);
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  const subscription = socket.sync.subscribe(() => ({ kind: "shape", path }), {
    snapshot: () => undefined,
    message(message) {
      const rows = message.type === "shape" ? log.add(message.log) : null;
      if (rows === null) return;
      ready.push(rows);
      wake();
    },
    // What passes is tried again over HTTP, for ever; what does not is the end.
    failed: ({ status, error }) =>
      finish(status === 429 || status >= 500 ? new NoSocket(error) : ApiError.generate(status, undefined, error)),
  });
  look();
  try {
    while (!signal.aborted) {
      const next = ready.shift();
      if (next !== undefined) yield next;
      else if (end !== null) throw end;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    clearTimeout(welcome);
    unlisten();
    signal.removeEventListener("abort", onAbort);
    subscription.close();
    socket.release();
  }
}
