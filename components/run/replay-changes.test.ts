import { describe, expect, it } from "vitest";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { replayChanges, type ReplayFields } from "./replay-changes";

const run = { tags: ["a", "b"], payload: null, payloadType: "application/json" };
const same: ReplayFields = { tags: ["a", "b"], queue: "", delay: "", maxAttempts: "", priority: "", machine: "" };

describe("replay changes", () => {
  it("sends nothing when nothing was changed", () => {
    expect(replayChanges({ run, fields: same, payload: undefined })).toEqual({});
  });

  it("sends what was changed, as the API takes it", () => {
    expect(
      replayChanges({
        run,
        fields: { tags: ["a"], queue: " emails ", delay: "10m", maxAttempts: "3", priority: "60", machine: "micro" },
        payload: { value: { to: "x" } },
      }),
    ).toEqual({
      payload: { to: "x" },
      tags: ["a"],
      queue: "emails",
      delay: "10m",
      maxAttempts: 3,
      priority: 60,
      machine: "micro",
    });
  });

  it("keeps dates, BigInts and the like of an edited payload where they still fit", () => {
    const { data, dataType } = encodePacket({
      at: new Date(0),
      id: 9007199254740993n,
      tags: new Set(["x"]),
      gone: 1n,
      seen: new Date(0),
      note: "a",
    });
    const value = { at: "2030-01-02T00:00:00.000Z", id: "9007199254740993", tags: ["x", "y"], seen: "never", note: "b" };
    const changes = replayChanges({ run: { ...run, payload: data, payloadType: dataType }, fields: same, payload: { value } });
    expect(decodePacket({ data: String(changes.payload), dataType: changes.payloadType ?? "" })).toEqual({
      ...value,
      at: new Date("2030-01-02T00:00:00.000Z"),
      id: 9007199254740993n,
      tags: new Set(["x", "y"]),
    });
    expect(replayChanges({ run: { ...run, payload: data, payloadType: dataType }, fields: same, payload: { value: [1] } })).toEqual({
      payload: [1],
    });
  });

  it("says that the payload is gone when it was emptied", () => {
    expect(replayChanges({ run, fields: same, payload: { value: undefined } })).toEqual({ payload: null });
  });
});
