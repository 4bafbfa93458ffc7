import { limits } from "@/lib/contracts/limits";
import type { MetadataOperation } from "@/lib/contracts/run";
import { applyOperation, applyOperations, maxGap } from "@/lib/values/metadata";
import type { MetadataTarget, ProgressBuffer } from "./progress";

export type Metadata = Record<string, unknown>;

export interface MetadataStore {
  current(): Metadata;
  /** Throws a RangeError for a change of the run's own that cannot be made, or by which its metadata would be larger than it may be. */
  apply(target: MetadataTarget, operation: MetadataOperation): void;
  /** The stored value changed outside: what this run has not sent yet still counts on top of it. */
  replace(json: string | null): void;
}

export function createMetadataStore({
  initial,
  isRoot,
  progress,
}: {
  initial: string | null;
  isRoot: boolean;
  progress: ProgressBuffer;
}): MetadataStore {
  let value = parseObject(initial);
  /** Bytes of its JSON at most: counting all of it for each change would cost the square. */
  let most = Number.POSITIVE_INFINITY;

  function applyOwn(operation: MetadataOperation): void {
    const next = applyOperation(value, operation);
    if (next === value && ["set", "append", "increment"].includes(operation.type))
      throw new RangeError(
        `${callOf(operation)} can change nothing: the number would be too large, or the place lies too far behind the end of its list`,
      );
    const bytes = most + growthOf(operation);
    most = bytes > limits.metadataBytes ? fittingBytes(operation, next) : bytes;
    value = next;
  }

  return {
    current: () => value,
    apply(target, operation) {
      // The parent and the root of a root run are itself.
      const to = isRoot ? "self" : target;
      if (to === "self") applyOwn(operation);
      progress.metadata(to, operation);
    },
    replace(json) {
      value = applyOperations(parseObject(json), progress.unsent());
      most = Number.POSITIVE_INFINITY;
    },
  };
}

const callOf = (operation: MetadataOperation): string =>
  "key" in operation ? `metadata.${operation.type} of ${JSON.stringify(operation.key.slice(0, 60))}` : "metadata.replace";

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

function fittingBytes(operation: MetadataOperation, next: Metadata): number {
  const bytes = bytesOf(next);
  if (bytes <= limits.metadataBytes) return bytes;
  throw new RangeError(
    `${callOf(operation)}: the run's metadata would be ${Math.ceil(bytes / 1024)} KB, and ${limits.metadataBytes / 1024} KB is the most; it stays as it was. Return large data as output, or write it to a stream.`,
  );
}

/** Bytes by which the operation makes the JSON longer, at most. */
function growthOf(operation: MetadataOperation): number {
  if (operation.type === "update") return Number.POSITIVE_INFINITY;
  if (operation.type === "delete" || operation.type === "remove") return 0;
  return keyBytes(operation.key) + (operation.type === "increment" ? numberBytes : valueBytes(operation.value));
}

const numberBytes = 25;
function valueBytes(value: unknown): number {
  if (typeof value === "string") return value.length * 6 + 2;
  return typeof value === "object" && value !== null ? bytesOf(value) : numberBytes;
}

/** A path makes each level that is missing, and fills a list up to the place that it names. */
function keyBytes(key: string): number {
  const levels = key.startsWith("$.") ? (key.match(/[.[]/g)?.length ?? 0) : 1;
  const lists = levels > 1 ? (key.match(/\[\d/g)?.length ?? 0) : 0;
  return key.length * 6 + levels * 8 + lists * (maxGap + 1) * "null,".length;
}

function parseObject(json: string | null): Metadata {
  const parsed: unknown = json === null ? {} : JSON.parse(json);
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {};
}
