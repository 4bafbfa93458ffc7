import { expect, test } from "vitest";
import { exampleSchedulePayload, readSchedulePayload } from "./schedule-payload";

const now = Date.UTC(2026, 10, 30, 2, 0, 30);

test("what is typed becomes the payload of a tick, of the schedule that is none", () => {
  expect(readSchedulePayload({ ...exampleSchedulePayload(now), scheduleId: "sched_mine", externalId: "", more: 1 })).toEqual({
    ok: true,
    value: {
      type: "IMPERATIVE",
      scheduleId: "sched_1234",
      timestamp: new Date("2026-11-30T02:00:00.000Z"),
      lastTimestamp: new Date("2026-11-29T02:00:00.000Z"),
      timezone: "UTC",
      externalId: undefined,
      upcoming: [new Date("2026-12-01T02:00:00.000Z"), new Date("2026-12-02T02:00:00.000Z"), new Date("2026-12-03T02:00:00.000Z")],
      more: 1,
    },
  });
});

test("what is no date is said at its field", () => {
  const pathsOf = (given: unknown) => {
    const read = readSchedulePayload(given);
    return read.ok ? [] : read.issues.map(({ path }) => path);
  };
  expect(pathsOf({ timestamp: "soon", lastTimestamp: 5, upcoming: ["2026-12-01", "never"] })).toEqual([
    "timestamp",
    "lastTimestamp",
    "upcoming.1",
  ]);
  expect(pathsOf({ upcoming: {} })).toEqual(["upcoming", "timestamp"]);
  for (const given of [null, 1, "text", []]) expect(pathsOf(given)).toEqual([""]);
});
