/**
 * One subscription on one socket. What is to be sent stays here as the newest state until the socket can take it:
 * a slow reader costs its pending state, never a queue of frames.
 */
export interface Subscription {
  /** Messages as JSON texts, in order; empties what is pending. Called when the socket has room. */
  collect(): string[];
  /** Cursor up to which all that concerns the subscriber has been sent; null while something is pending or being read. */
  cursor(): string | null;
  /** Ids of the visible rows, for lists. */
  watch?(visible: string[]): void;
  close(): void;
}

/** What a topic may do with the socket of one of its subscriptions. */
export interface Subscriber {
  /** The subscription's id as JSON text. */
  idJson: string;
  /** There is something to collect. */
  ready(): void;
  /** Ends it and tells the client. */
  fail(status: number, error: string): void;
}

export const message = {
  snapshot: (to: Subscriber, cursor: string, { reset, data }: { reset: boolean; data: string }) =>
    `{"type":"snapshot","id":${to.idJson},"cursor":${JSON.stringify(cursor)},"reset":${reset},"data":${data}}`,
  /** `body`: further members, as JSON text. */
  change: (to: Subscriber, type: string, { cursor, at, body }: { cursor: string; at: number; body: string }) =>
    `{"type":"${type}","id":${to.idJson},"cursor":${JSON.stringify(cursor)},"at":${at},${body}}`,
};
