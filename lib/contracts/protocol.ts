/** Numbers of the WebSocket protocol (realtime.ts) that the browser needs; apart, so that it does not load the schemas. */
export const protocolVersion = 1;

/** Codes with which the server closes a socket. After `expired`, `unauthorized` and `protocol` the client must not come back by itself with the same credential or build. */
export const closeCodes = {
  /** Server shuts down; come back. */
  restart: 1012,
  /** Frame that is not a message of this protocol, or too many of them. */
  badMessage: 4400,
  unauthorized: 4401,
  /** The credential came to its end or was revoked. */
  expired: 4403,
  /** Other protocol version: reload the page. */
  protocol: 4406,
  /** No `hello` in time, or nothing heard for 30 s. */
  silent: 4408,
  tooMany: 4429,
} as const;
