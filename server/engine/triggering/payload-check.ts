import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import type { Packet } from "@/lib/contracts/run";
import type { TaskManifest } from "@/lib/contracts/task";
import { decodePacket } from "@/lib/values/packet";
import type { Logger } from "../../log";
import { describeIssues, EngineError, type Issue } from "../error";

/** Compiled once per manifest; null: the rules cannot be compiled, which the log says. */
const compiled = new WeakMap<TaskManifest, ValidateFunction | null>();

/**
 * Refuses, at every door alike, a payload that the task's schema refuses for certain. The schema itself sees it before the first
 * attempt and has the last word; one in the packet store is left to it.
 */
export function checkPayload(task: TaskManifest, payload: Packet, log: Logger): void {
  const issues = payloadIssues(task, payload, log);
  if (issues.length === 0) return;
  throw new EngineError(422, `The payload does not fit the task "${task.id}": ${describeIssues(issues)}.`, {
    code: "invalid_payload",
    param: "payload",
    issues,
  });
}

/**
 * What the task's certain rules have against a payload; empty: nothing. They describe JSON, so where the payload holds
 * a value that JSON lacks (a bigint, Map, Set …) they are not asked: the task's own schema sees the real value.
 */
export function payloadIssues(task: TaskManifest, packet: Packet, log: Logger): Issue[] {
  const validate = validatorOf(task, log);
  if (validate === null || packet.dataType === "application/store") return [];
  const rich: string[] = [];
  const value = plain({ payload: decodePacket(packet) }, "", rich);
  if (validate(value)) return [];
  const all = validate.errors ?? [];
  const dismissed = all.filter((error) => rich.includes(error.instancePath)).map((error) => error.instancePath);
  const errors = all.filter((error) => !dismissed.some((path) => error.instancePath === path || error.instancePath.startsWith(`${path}/`)));
  return errors.map((error) => ({ path: pathOf(error), message: messageOf(error) }));
}

function validatorOf(task: TaskManifest, log: Logger): ValidateFunction | null {
  if (typeof task.certainSchema !== "object" || task.certainSchema === null) return null;
  let validate = compiled.get(task);
  if (validate === undefined) {
    validate = compile(task.id, task.certainSchema, log);
    compiled.set(task, validate);
  }
  return validate;
}

function compile(taskId: string, rules: object, log: Logger): ValidateFunction | null {
  try {
    return new Ajv2020({ strict: false, allErrors: true, logger: false }).compile(rules);
  } catch (error) {
    log.warn("payloads of this task are checked in the worker only: its rules cannot be compiled", { task: taskId, error });
    return null;
  }
}

/** The value as JSON would carry it; paths of what JSON cannot carry go into `rich`. */
function plain(value: unknown, path: string, rich: string[]): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) rich.push(path);
    return value;
  }
  if (Array.isArray(value)) return value.map((item, index) => plain(item, `${path}/${index}`, rich));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value === "object" && isRecord(value)) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner, `${path}/${escapePointer(key)}`, rich)]));
  }
  if (value !== undefined) rich.push(path);
  return value === undefined ? undefined : null;
}

function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const escapePointer = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");

function pathOf(error: ErrorObject): string {
  const parts = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  // A missing property is named itself, so that a form can mark its field.
  if (error.keyword === "required" && typeof error.params["missingProperty"] === "string") parts.push(error.params["missingProperty"]);
  return parts.join(".");
}

function messageOf(error: ErrorObject): string {
  const { params, keyword, message } = error;
  if (keyword === "required") return "is required";
  if (keyword === "enum" && Array.isArray(params["allowedValues"]))
    return `must be one of ${params["allowedValues"].map((value) => JSON.stringify(value)).join(", ")}`;
  if (keyword === "additionalProperties") return `must not have the property ${JSON.stringify(params["additionalProperty"])}`;
  if (keyword === "type" && Array.isArray(params["type"])) return `must be ${params["type"].join(" or ")}`;
  return message ?? "is not valid";
}
