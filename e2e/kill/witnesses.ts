import { existsSync, readFileSync } from "node:fs";

/**
 * Three witnesses that know nothing of each other: what the driver sent and was told, what task code did outside of the
 * database, and what the API says at the end. The checker compares them; the engine's own counters prove nothing.
 */

/** `fail`: surely not applied. `unknown`: applied once or not at all. */
export type Outcome = "ok" | "fail" | "unknown";

export interface Sent {
  op: "trigger" | "cancel" | "answer" | "token" | "batch" | "items";
  /** Work item. */
  n: number;
  task?: string;
  /** Idempotency key. Without one a request of unknown outcome is not sent again. */
  key?: string;
  /** Run, token or batch that the request is about. */
  target?: string;
  /** Of an answer. */
  value?: string;
  /** Work is made of it later, whatever became of this request: run payloads carry it. */
  sentAt: number;
}

export interface Request extends Sent {
  repliedAt: number;
  outcome: Outcome;
  status?: number;
  /** Id in the reply. */
  id?: string;
  /** What the reply or the error said, when it is not `ok`. */
  said?: string;
}

/** A line that task code has written. */
export interface Effect {
  run: string;
  task: string;
  n: number;
  attempt: number;
  step: string;
  pass: string;
  pid: number;
  t: number;
  token?: string;
  value?: string;
  child?: string;
  children?: string[];
}

export type KillKind = "worker" | "server" | "postgres";
export interface Kill {
  kind: KillKind;
  pid: number;
  at: number;
}

export interface FinalEvent {
  version: number;
  type: string;
  at: string;
  data?: Record<string, unknown>;
}

/** A run as the API shows it when all is over. */
export interface FinalRun {
  id: string;
  task: string;
  status: string;
  attempts: number;
  n: number;
  /** Place among the children of its parent. */
  slot?: string;
  /** Index in a batch of the driver. */
  item?: number;
  parent?: string;
  /** Its first attempt throws. */
  fails?: boolean;
  output?: unknown;
  errorName?: string;
  metadata?: Record<string, unknown>;
  events: FinalEvent[];
  /** Of the stream that the task writes. */
  chunks?: unknown[];
}

export interface FinalToken {
  id: string;
  status: string;
  output?: unknown;
}

export interface FinalBatch {
  id: string;
  status: string;
  runCount: number;
  runs: string[];
}

export interface Final {
  runs: FinalRun[];
  tokens: FinalToken[];
  batches: FinalBatch[];
  /** What should be zero, by name. */
  depths: Record<string, number>;
}

export interface Evidence {
  requests: readonly Request[];
  effects: readonly Effect[];
  kills: readonly Kill[];
  /** Times at which the server has ended by itself. */
  falls: readonly number[];
  final: Final;
}

/** The side-effect journal. A last line that a kill has cut short is not there. */
export function readEffects(file: string, from = 0): { effects: Effect[]; end: number } {
  if (!existsSync(file)) return { effects: [], end: from };
  const bytes = readFileSync(file).subarray(from);
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
  const lines = whole.toString("utf8").split("\n");
  // Written by the tasks of this test.
  return { effects: lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Effect), end: from + whole.length };
}
