import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import type { Packet } from "@/lib/contracts/run";
import type { TaskManifest } from "@/lib/contracts/task";
import { decodePacket } from "@/lib/values/packet";
import type { Logger } from "../log";
import type { Issues } from "./body";

/** Compiled once per manifest; null: the schema cannot be compiled, which its author has been told. */
const compiled = new WeakMap<TaskManifest, ValidateFunction | null>();

/**
 * What the task's JSON Schema has against a payload; empty: nothing. The schema describes JSON, so where the payload holds
 * a value that JSON lacks (a bigint, Map, Set …) its opinion is not asked: the task's own schema sees the real value.
 */
export function payloadIssues(task: TaskManifest, packet: Packet, log: Logger): Issues {
  const validate = validatorOf(task, log);
  if (validate === null || packet.dataType === "application/store") return [];
  const rich: string[] = [];
  const value = plain(decodePacket(packet), "", rich);
  if (validate(value)) return [];
  const all = validate.errors ?? [];
  const dismissed = all.filter((error) => concernsRich(error, rich)).map((error) => error.instancePath);
  const errors = all.filter((error) => !dismissed.some((path) => error.instancePath === path || error.instancePath.startsWith(`${path}/`)));
  return errors.filter((error) => !isSummary(error, errors)).map((error) => ({ path: pathOf(error), message: messageOf(error) }));
}

function validatorOf(task: TaskManifest, log: Logger): ValidateFunction | null {
  if (typeof task.payloadSchema !== "object" || task.payloadSchema === null) return null;
  let validate = compiled.get(task);
  if (validate === undefined) {
    validate = compile(task.id, task.payloadSchema, log);
    compiled.set(task, validate);
  }
  return validate;
}

function compile(taskId: string, schema: object, log: Logger): ValidateFunction | null {
  // The draft's own name would have to be loaded first; formats are left to the task's schema, which knows them better.
  const { $schema: _, $id: __, ...rules }: Record<string, unknown> = { ...schema };
  try {
    return new Ajv2020({ strict: false, allErrors: true, validateFormats: false, verbose: true, logger: false }).compile(rules);
  } catch (error) {
    log.warn("payloads of this task are checked in the worker only: its JSON Schema cannot be compiled", { task: taskId, error });
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
const combiners = new Set(["anyOf", "oneOf", "allOf", "not", "if"]);

function concernsRich(error: ErrorObject, rich: readonly string[]): boolean {
  return rich.some((path) => path === error.instancePath || (combiners.has(error.keyword) && path.startsWith(`${error.instancePath}/`)));
}

/** "must match a schema in anyOf" says nothing when the parts have said what is wrong. */
function isSummary(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  return combiners.has(error.keyword) && errors.some((other) => other !== error && !combiners.has(other.keyword) && other.instancePath.startsWith(error.instancePath));
}

function pathOf(error: ErrorObject): string {
  const parts = error.instancePath.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  // A missing property is named itself, so that a form can mark its field.
  if (error.keyword === "required" && typeof error.params["missingProperty"] === "string") parts.push(error.params["missingProperty"]);
  return ["payload", ...parts].join(".");
}

function messageOf(error: ErrorObject): string {
  const { params, keyword, message } = error;
  if (keyword === "required") return "is required";
  if (keyword === "enum" && Array.isArray(params["allowedValues"])) return `must be one of ${params["allowedValues"].map((value) => JSON.stringify(value)).join(", ")}`;
  if (keyword === "const") return `must be ${JSON.stringify(params["allowedValue"])}`;
  if (keyword === "additionalProperties") return `must not have the property ${JSON.stringify(params["additionalProperty"])}`;
  // zod writes a format as its name and the pattern of it: the name is what people understand.
  const format: unknown = keyword === "pattern" ? error.parentSchema?.["format"] : undefined;
  if (typeof format === "string") return `must be a valid ${format}`;
  return message ?? "is not valid";
}
