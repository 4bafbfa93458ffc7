import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { seededRandom } from "../lib/random";
import { writeWhole } from "../lib/workspace";

/** The store is busy and says when to come back. */
export class StoreBusyError extends Error {
  override name = "StoreBusyError";
  constructor(readonly retryAfterMs: number) {
    super(`The store is busy, try again in ${retryAfterMs} ms`);
  }
}

/** The store will never take this file, however often it is offered. */
export class StoreRefusedError extends Error {
  override name = "StoreRefusedError";
}

export type Weather = "fine" | "cut" | "busy";

/** What goes wrong in an attempt depends on the seed and the attempt only, so that a run can be repeated exactly. */
export function weatherOf(seed: number, attempt: number, failureRate: number): Weather {
  const random = seededRandom(seed * 1_000 + attempt);
  if (random() >= failureRate) return "fine";
  return random() < 0.5 ? "cut" : "busy";
}

export const checksum = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** Copies a file into the store. In bad weather the connection is cut half-way, which the checksum of the copy would show. */
export async function storeFile(source: string, target: string, weather: Weather): Promise<{ bytes: number; sha256: string }> {
  const content = await readFile(source);
  if (content.length === 0) throw new StoreRefusedError(`${source} is empty`);
  if (weather === "busy") throw new StoreBusyError(1_500);
  await writeWhole(target, weather === "cut" ? content.subarray(0, content.length / 2) : content);
  const [sent, stored] = [checksum(content), checksum(await readFile(target))];
  if (sent !== stored) throw new Error(`The connection was cut: ${stored.slice(0, 8)} is stored, ${sent.slice(0, 8)} was sent`);
  return { bytes: content.length, sha256: stored };
}
