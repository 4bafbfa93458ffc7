import { describe, expect, it } from "vitest";
import type { RunEvent } from "@/lib/contracts/run";
import { timelineOf } from "./timeline";

const start = Date.parse("2026-01-31T08:00:00.000Z");
const event = (version: number, type: RunEvent["type"], rest: { ms: number; data?: RunEvent["data"] }): RunEvent => ({
  runId: "run_1",
  version,
  type,
  at: new Date(start + rest.ms).toISOString(),
  ...(rest.data && { data: rest.data }),
});

describe("timelineOf", () => {
  it("keeps the order in which things happened, and never goes back in time", () => {
    const lines = timelineOf([event(3, "waiting", { ms: 20 }), event(1, "created", { ms: 0 }), event(2, "started", { ms: 30 })]);
    expect(lines.map((line) => [line.event.type, line.atMs - start, line.gapMs])).toEqual([
      ["created", 0, null],
      ["started", 30, 30],
      ["waiting", 30, 0],
    ]);
  });

  it("folds equal small events and counts the time to the last of them from what came before", () => {
    const lines = timelineOf([
      event(1, "created", { ms: 0 }),
      event(2, "metadata", { ms: 10 }),
      event(3, "metadata", { ms: 40 }),
      event(4, "completed", { ms: 50 }),
    ]);
    expect(lines.map((line) => [line.event.type, line.times, line.gapMs])).toEqual([
      ["created", 1, null],
      ["metadata", 2, 40],
      ["completed", 1, 10],
    ]);
  });

  it.each<[RunEvent["data"], unknown]>([
    [{ by: "ada@example.com" }, [{ kind: "words", text: "by ada@example.com" }]],
    [
      { attempt: 2, delayMs: 1500, error: { name: "Error", message: "SMTP timeout" } },
      [
        { kind: "words", text: "attempt 2" },
        { kind: "words", text: "the next one in 1.5 s" },
        { kind: "words", text: "SMTP timeout" },
      ],
    ],
    [
      { kind: "token", tokenId: "waitpoint_1" },
      [
        { kind: "words", text: "for an answer" },
        { kind: "token", id: "waitpoint_1" },
      ],
    ],
    [
      { kind: "time", until: "2026-01-31T09:00:00.000Z" },
      [
        { kind: "words", text: "for a set time" },
        { kind: "until", at: "2026-01-31T09:00:00.000Z" },
      ],
    ],
    [{ tags: ["a", "b"] }, [{ kind: "words", text: "a, b" }]],
    [{ somethingNew: { x: 1 } }, [{ kind: "words", text: 'something new {"x":1}' }]],
  ])("says what %j means", (data, facts) => {
    expect(timelineOf([event(1, "created", { ms: 0, ...(data && { data }) })])[0]?.facts).toEqual(facts);
  });
});
