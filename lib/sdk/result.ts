import type { TaskRunError } from "@/lib/contracts/error";
import { decodePacket } from "@/lib/values/packet";
import { SubtaskUnwrapError } from "./errors";
import type { TaskRunResult } from "./types";

/** The value that a failed run threw, as near as its stored form allows: message, name and stack of errors, JSON of objects. */
export function reviveError(error: TaskRunError): unknown {
  switch (error.type) {
    case "BUILT_IN_ERROR":
      return carriedIn(error.carried) ?? named(error.name, error.message, error.stackTrace);
    case "STRING_ERROR":
      return error.raw;
    case "CUSTOM_ERROR":
      try {
        return JSON.parse(error.raw);
      } catch {
        return error.raw;
      }
    case "INTERNAL_ERROR":
      return named(error.code, error.message ?? error.code, error.stackTrace);
  }
}

function carriedIn(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return decodePacket({ data: text, dataType: "application/super+json" });
  } catch {
    return undefined;
  }
}

function named(name: string, message: string, stack: string | undefined): Error {
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined && stack !== "") error.stack = stack;
  return error;
}

/** Result of a child; `.unwrap()` gives its output or throws a `SubtaskUnwrapError`. */
export class TaskRunPromise<TId extends string, TOutput> extends Promise<TaskRunResult<TId, TOutput>> {
  // `then` makes plain promises: only this one can be unwrapped.
  static override get [Symbol.species]() {
    return Promise;
  }
  readonly #taskId: string;
  constructor(result: Promise<TaskRunResult<TId, TOutput>>, taskId: TId) {
    super((resolve, reject) => void result.then(resolve, reject));
    this.#taskId = taskId;
  }
  unwrap(): Promise<TOutput> {
    return this.then((result) => {
      if (result.ok) return result.output;
      throw new SubtaskUnwrapError(this.#taskId, result.id, result.error);
    });
  }
}

export type TypedResult<T> = { ok: true; output: T } | { ok: false; error: Error };
/** Answer to a wait token; `.unwrap()` gives the output or throws a `WaitpointTimeoutError`. */
export class ManualWaitpointPromise<TOutput> extends Promise<TypedResult<TOutput>> {
  static override get [Symbol.species]() {
    return Promise;
  }
  constructor(result: Promise<TypedResult<TOutput>>) {
    super((resolve, reject) => void result.then(resolve, reject));
  }
  unwrap(): Promise<TOutput> {
    return this.then((result) => {
      if (result.ok) return result.output;
      throw result.error;
    });
  }
}
