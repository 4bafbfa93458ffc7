import type { MetadataOperation } from "@/lib/contracts/run";
import { applyOperation, applyOperations } from "@/lib/values/metadata";
import type { MetadataTarget, ProgressBuffer } from "./progress";

export type Metadata = Record<string, unknown>;

export interface MetadataStore {
  current(): Metadata;
  apply(target: MetadataTarget, operation: MetadataOperation): void;
  /** The stored value changed outside: what this run has not sent yet still counts on top of it. */
  replace(json: string | null): void;
}

export function createMetadataStore({ initial, isRoot, progress }: { initial: string | null; isRoot: boolean; progress: ProgressBuffer }): MetadataStore {
  let value = parseObject(initial);
  return {
    current: () => value,
    apply(target, operation) {
      // The parent and the root of a root run are itself.
      const to = isRoot ? "self" : target;
      if (to === "self") value = applyOperation(value, operation);
      progress.metadata(to, operation);
    },
    replace(json) {
      value = applyOperations(parseObject(json), progress.unsent());
    },
  };
}

function parseObject(json: string | null): Metadata {
  const parsed: unknown = json === null ? {} : JSON.parse(json);
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {};
}
