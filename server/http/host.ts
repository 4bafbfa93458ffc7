import { isIP } from "node:net";
import { isLoopbackHost } from "@/lib/http/loopback";

export interface HostProblem {
  status: 400 | 421;
  reason: string;
}
/** Judges a Host header; null: this server answers to it. */
export type HostRule = (host: string | undefined) => HostProblem | null;

interface Names {
  /** What the server listens on. */
  host: string;
  publicUrl: string | undefined;
  /** Further names, in lower case. */
  hosts: readonly string[];
}

const shape = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i;

/**
 * Under which names this server may be addressed, so that no other site can take its own name to this address (DNS rebinding) and
 * read as if it were ours. On loopback these are few. Elsewhere any address will do, and any name without a dot: nobody can have
 * such a name resolved for a stranger's browser.
 */
export function createHostRule({ host, publicUrl, hosts }: Names): HostRule {
  const own = new Set([
    "localhost",
    "127.0.0.1",
    "::1",
    host.toLowerCase(),
    ...hosts,
    ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replace(/^\[|\]$/g, "")]),
  ]);
  const isLoopback = isLoopbackHost(host);
  const isOwn = (name: string) => own.has(name) || (!isLoopback && (isIP(name) !== 0 || !name.includes(".")));
  return (given) => {
    const parts = shape.exec(given ?? "");
    const name = (parts?.[1] ?? parts?.[2])?.toLowerCase();
    if (name === undefined) return { status: 400, reason: "The Host header is missing or names no host." };
    return isOwn(name)
      ? null
      : {
          status: 421,
          reason: `This server does not answer to ${name}. If the name is its own, set SIGNALBOX_URL or add it to SIGNALBOX_HOSTS.`,
        };
  };
}
