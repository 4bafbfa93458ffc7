import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Progress } from "@/lib/contracts/ipc";
import type { MetadataOperation } from "@/lib/contracts/run";
import { createProgress, progressInterval } from "./progress";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const set = (n: number): MetadataOperation => ({ type: "set", key: "n", value: n });

test("flushes by itself after 250 ms, once for all that came", () => {
  const sent: Progress[] = [];
  const progress = createProgress({ stored: undefined, send: (p) => sent.push(p) });
  progress.metadata("self", set(1));
  progress.tags(["a"]);
  vi.advanceTimersByTime(progressInterval - 1);
  expect(sent).toEqual([]);
  progress.chunk({ key: "k" }, "1");
  vi.advanceTimersByTime(1);
  expect(sent).toEqual([
    { firstMetadataOperation: 0, operations: [set(1)], tags: ["a"], streams: [{ key: "k", first: 0, chunks: ["1"] }] },
  ]);
  vi.advanceTimersByTime(10_000);
  expect(sent).toHaveLength(1);
});

test("after the end nothing is taken", () => {
  const sent: Progress[] = [];
  const progress = createProgress({ stored: undefined, send: (p) => sent.push(p) });
  progress.metadata("self", set(1));
  progress.close();
  progress.metadata("self", set(2));
  progress.chunk({ key: "k" }, "1");
  progress.flush();
  expect(sent).toHaveLength(1);
});

/** One thing a run says, or a flush in between. */
const step = fc.oneof(
  fc.record({
    say: fc.constant("metadata" as const),
    target: fc.constantFrom("self" as const, "parent" as const, "root" as const),
    n: fc.nat(),
  }),
  fc.record({ say: fc.constant("chunk" as const), key: fc.constantFrom("a", "b"), n: fc.nat() }),
  fc.record({ say: fc.constant("flush" as const) }),
);

test("however it is flushed, and wherever it is lost and replayed, each fact is stored once and in order", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      fc.nat(),
      fc.array(fc.boolean(), { maxLength: 40 }),
      (steps, lostAfter, flushesAgain) => {
        const metadata = {
          self: new Array<MetadataOperation>(),
          parent: new Array<MetadataOperation>(),
          root: new Array<MetadataOperation>(),
        };
        const add = (known: MetadataOperation[], first: number | undefined, operations: readonly MetadataOperation[] | undefined) => {
          if (operations === undefined) return;
          expect(first).toBeLessThanOrEqual(known.length);
          known.push(...operations.slice(known.length - (first ?? 0)));
        };
        const chunks = new Map<string, string[]>();
        const store = (p: Progress) => {
          add(metadata.self, p.firstMetadataOperation, p.operations);
          add(metadata.parent, p.firstParentOperation, p.parentOperations);
          add(metadata.root, p.firstRootOperation, p.rootOperations);
          for (const { key, first, chunks: added } of p.streams ?? []) {
            const known = chunks.get(key) ?? [];
            expect(first).toBeLessThanOrEqual(known.length);
            chunks.set(key, [...known, ...added.slice(known.length - first)]);
          }
        };
        const live = (list: typeof steps, resume: Parameters<typeof createProgress>[0]["stored"]) => {
          const progress = createProgress({ stored: resume, send: store });
          for (const [i, one] of list.entries()) {
            if (one.say === "metadata") progress.metadata(one.target, set(one.n));
            if (one.say === "chunk") progress.chunk(one, String(one.n));
            if (one.say === "flush" || (resume !== undefined && flushesAgain[i] === true)) progress.flush();
          }
          return progress;
        };
        // Lost: what was not flushed by then is gone.
        live(steps.slice(0, lostAfter % (steps.length + 1)), undefined);
        vi.clearAllTimers();
        live(steps, {
          metadataOperations: metadata.self.length,
          parentOperations: metadata.parent.length,
          rootOperations: metadata.root.length,
          streamChunks: Object.fromEntries([...chunks].map(([key, list]) => [key, list.length])),
          traceItems: 0,
        }).close();
        for (const target of ["self", "parent", "root"] as const)
          expect(metadata[target]).toEqual(steps.flatMap((one) => (one.say === "metadata" && one.target === target ? [set(one.n)] : [])));
        for (const key of ["a", "b"])
          expect(chunks.get(key) ?? []).toEqual(steps.flatMap((one) => (one.say === "chunk" && one.key === key ? [String(one.n)] : [])));
      },
    ),
  );
});
