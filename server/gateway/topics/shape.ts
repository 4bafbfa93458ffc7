import { message, type Subscriber, type Subscription } from "../subscription";

/** A GET of the API as the holder of the socket. */
export type AskApi = (path: string, signal: AbortSignal) => Response | Promise<Response>;

interface Place {
  handle: string;
  offset: string;
  /** The next request may be held until something changes. */
  isLive: boolean;
}

const known = /^\/realtime\/v1\/(?:runs|runs\/[^/]+|batches\/[^/]+)$/;
const isIdle = (log: string): boolean => log === `[{"headers":{"control":"up-to-date"}}]`;

/**
 * A shape over the socket: the requests of a long poll, made in this process, so what a caller may see and what a log says are the
 * same either way. What is new is asked for once the last of it has been taken: a slow reader gets each run's newest state.
 */
export function followShape({
  to,
  askApi,
  path,
  cursor,
}: {
  to: Subscriber;
  askApi: AskApi;
  path: string;
  cursor: string | undefined;
}): Subscription {
  let asking = new AbortController();
  let isClosed = false;
  const url = new URL(`http://api/realtime/v1${path}`);
  let place = placeIn(cursor);
  let sent = cursor ?? null;
  let pending: string | null = null;

  async function read(): Promise<void> {
    while (!isClosed) {
      // One signal for all of them would keep each as a listener.
      asking = new AbortController();
      const answer = await askApi(pathAt(url, place), asking.signal);
      if (isClosed) return;
      if (answer.status === 409) {
        place = null;
        continue;
      }
      const text = await answer.text();
      if (!answer.ok) return to.fail(answer.status, errorIn(text));
      const isFirst = place === null;
      const wasLive = place?.isLive === true;
      place = {
        handle: answer.headers.get("electric-handle") ?? "",
        offset: answer.headers.get("electric-offset") ?? "",
        isLive: answer.headers.has("electric-up-to-date"),
      };
      if (wasLive && isIdle(text)) continue;
      pending = isFirst ? `[{"headers":{"control":"must-refetch"}},${text.slice(1)}` : text;
      return to.ready();
    }
  }
  const readOn = () => void read().catch(() => to.fail(503, "The server could not read it; subscribe again."));

  // Once the subscription is on the session's list: what fails leaves it.
  queueMicrotask(() =>
    known.test(url.pathname) ? readOn() : to.fail(404, `${path.slice(0, 64)} is no shape: there are /runs, /runs/<id> and /batches/<id>.`),
  );

  return {
    collect() {
      if (pending === null || place === null) return [];
      sent = `${place.handle} ${place.offset}`;
      const text = message.change(to, "shape", { cursor: sent, at: 0, body: `"log":${pending}` });
      pending = null;
      readOn();
      return [text];
    },
    cursor: () => (pending === null ? sent : null),
    close() {
      isClosed = true;
      asking.abort();
    },
  };
}

function placeIn(cursor: string | undefined): Place | null {
  const [, handle, offset] = /^(\S+) (\d+_\d+)$/.exec(cursor ?? "") ?? [];
  return handle === undefined || offset === undefined ? null : { handle, offset, isLive: false };
}

function pathAt(base: URL, place: Place | null): string {
  const url = new URL(base);
  for (const name of ["handle", "offset", "live", "cursor"]) url.searchParams.delete(name);
  url.searchParams.set("offset", place?.offset ?? "-1");
  if (place !== null) url.searchParams.set("handle", place.handle);
  if (place?.isLive === true) url.searchParams.set("live", "true");
  return `${url.pathname}${url.search}`;
}

function errorIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "error" in body && typeof body.error === "string") return body.error;
  } catch {
    // Not JSON: said as it is.
  }
  return text.slice(0, 200);
}
