import { findTask } from "./catalog";
import type { ParsePayload } from "./schema";
import type { AnyTask } from "./types";

// Parsers by instance: two versions of a task id may be around, and only the instance that was called counts.
const parsers = new WeakMap<object, ParsePayload>();

export const rememberParser = (task: object, parse: ParsePayload): void => void parsers.set(task, parse);
/** How an instance call checks its payload; undefined: the task has no schema. */
export const parserFor = (task: AnyTask): ParsePayload | undefined => parsers.get(task) ?? findTask(task.id)?.parse;
