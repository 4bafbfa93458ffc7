import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { cronProblem, describeCron, isTimezone, listTimezones, newestTick, nextTick, nextTicks } from "./cron";

const iso = (ticks: readonly number[]) => ticks.map((tick) => new Date(tick).toISOString().slice(0, 16));
const at = (text: string) => Date.parse(`${text}Z`);
const hour = 3_600_000;

/** With changes of the clock of an hour and of half an hour, at midnight, towards both sides, and none. */
const zone = fc.constantFrom(
  "UTC",
  "Europe/Vienna",
  "America/New_York",
  "Australia/Lord_Howe",
  "Africa/Cairo",
  "Asia/Kolkata",
  "America/Santiago",
  "Asia/Kathmandu",
);
const instant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2027, 0, 1) });

const formats = new Map<string, Intl.DateTimeFormat>();
function local(timezone: string, ms: number): { date: string; hour: number; minute: number } {
  const known =
    formats.get(timezone) ??
    new Intl.DateTimeFormat("en-CA", {
      timeZone: timezone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  formats.set(timezone, known);
  const parts = new Map(known.formatToParts(ms).map(({ type, value }) => [type, value]));
  return {
    date: `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`,
    hour: Number(parts.get("hour")),
    minute: Number(parts.get("minute")),
  };
}

describe("a time of day", () => {
  it("comes once on every day of its zone, whatever its clock does, at that time where there is one", () => {
    fc.assert(
      fc.property(zone, instant, fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), (timezone, after, h, m) => {
        const ticks = nextTicks({ cron: `${m} ${h} * * *`, timezone }, after, 200);
        const days = ticks.map((tick) => local(timezone, tick));
        expect(new Set(days.map((day) => day.date)).size).toBe(200);
        for (const [index, tick] of ticks.entries()) {
          const before = ticks[index - 1] ?? after;
          expect(tick).toBeGreaterThan(before);
          // A day is 23 to 25 hours long; up to the first tick it may be less.
          expect(tick - before).toBeLessThanOrEqual(25 * hour);
          expect(index === 0 || tick - before >= 23 * hour).toBe(true);
          // Another time is shown only where the clock jumps over this one: a minute before, it was earlier.
          const shown = days[index] ?? { hour: -1, minute: 0 };
          const minuteOf = (time: { hour: number; minute: number }) => time.hour * 60 + time.minute;
          if (shown.hour === h && shown.minute === m) continue;
          expect(minuteOf(shown)).toBeGreaterThan(h * 60 + m);
          expect((minuteOf(local(timezone, tick - 60_000)) + 1) % 1440).toBeLessThanOrEqual(h * 60 + m);
        }
      }),
      { numRuns: 15 },
    );
  });

  it.each([
    [
      "is an hour less away in spring, and an hour more in autumn",
      "0 12 * * *",
      "Europe/Vienna",
      "2026-03-28T11:00",
      ["2026-03-29T10:00", "2026-03-30T10:00"],
    ],
    ["  and in autumn", "0 12 * * *", "Europe/Vienna", "2026-10-24T10:00", ["2026-10-25T11:00", "2026-10-26T11:00"]],
    [
      "that the clock jumps over is the first moment after",
      "30 2 * * *",
      "America/New_York",
      "2024-03-09T12:00",
      ["2024-03-10T07:00", "2024-03-11T06:30"],
    ],
    [
      "that comes twice is taken once, the first time",
      "30 1 * * *",
      "America/New_York",
      "2024-11-02T12:00",
      ["2024-11-03T05:30", "2024-11-04T06:30"],
    ],
    [
      "at a midnight that there is none is the first moment of the day",
      "0 0 * * *",
      "Africa/Cairo",
      "2026-04-23T12:00",
      ["2026-04-23T22:00", "2026-04-24T21:00"],
    ],
  ])("%s", (...given) => {
    const [, cron, timezone, after, ticks] = given;
    expect(iso(nextTicks({ cron, timezone }, at(after), ticks.length))).toEqual(ticks);
  });
});

test("a pattern for every hour comes at every minute that its zone's clock shows so, and at no other", () => {
  fc.assert(
    fc.property(
      zone,
      instant,
      fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 4 }),
      (timezone, begin, minutes) => {
        const after = Math.floor(begin / 60_000) * 60_000;
        const shown = Array.from({ length: 36 * 60 }, (_, minute) => after + (minute + 1) * 60_000).filter((ms) =>
          minutes.includes(local(timezone, ms).minute),
        );
        expect(nextTicks({ cron: `${minutes.join(",")} * * * *`, timezone }, after, shown.length)).toEqual(shown);
      },
    ),
    { numRuns: 15 },
  );
});

test("the newest tick is the one before the next", () => {
  fc.assert(
    fc.property(zone, instant, fc.integer({ min: 1, max: 40 }), fc.nat(400), (timezone, after, every, minutes) => {
      const times = { cron: `*/${every} * * * *`, timezone };
      const until = after + minutes * 60_000;
      const newest = newestTick(times, after, until);
      expect(newest).toBe(nextTicks(times, after, 500).findLast((tick) => tick <= until) ?? null);
      expect(nextTick(times, newest ?? until)).toBeGreaterThan(until);
    }),
    { numRuns: 60 },
  );
});

test.each([
  ["0 0 L * *", ["2024-01-31T00:00", "2024-02-29T00:00"], "At 12:00 AM, on the last day of the month"],
  ["0 0 * * 5L", ["2024-01-26T00:00", "2024-02-23T00:00"], "At 12:00 AM, on the last Friday of the month"],
  ["0 0 * * 7L", ["2024-01-28T00:00", "2024-02-25T00:00"], "At 12:00 AM, on the last Sunday of the month"],
  ["0 0 * * 0", ["2024-01-07T00:00", "2024-01-14T00:00"], "At 12:00 AM, only on Sunday"],
  ["0 0 * * 7", ["2024-01-07T00:00", "2024-01-14T00:00"], "At 12:00 AM, only on Sunday"],
  ["0 0 29 2 *", ["2024-02-29T00:00", "2028-02-29T00:00"], "At 12:00 AM, on day 29 of the month, only in February"],
  ["0 0 13 * 5", ["2024-01-05T00:00", "2024-01-12T00:00"], "At 12:00 AM, on day 13 of the month, and on Friday"],
  [" 5/20  9-10 * jan mon ", ["2024-01-01T09:05", "2024-01-01T09:25"], expect.stringContaining("09:00 AM")],
  ["@daily", ["2024-01-02T00:00", "2024-01-03T00:00"], "At 12:00 AM"],
])("%j", (cron, ticks, words) => {
  expect(cronProblem(cron)).toBeNull();
  expect(iso(nextTicks({ cron, timezone: "UTC" }, at("2024-01-01T00:00"), 2))).toEqual(ticks);
  expect(describeCron(cron)).toEqual(words);
});

test.each([
  ["", "has 0 fields"],
  ["* * * *", "has 4 fields"],
  ["* * * * * *", "seconds are not supported"],
  ["60 * * * *", "cannot be read"],
  ["*/0 * * * *", "cannot be read"],
  ["0 0 30 2 *", "a day that there never is"],
  ["0 0 * * 8", "cannot be read"],
  ["0 22-2 * * *", "cannot be read"],
  ["every day at noon !", "cannot be read"],
  ["H H * * *", "cannot be read"],
  ["@secondly", "has 1 fields"],
  [`${"1,".repeat(200)}1 * * * *`, "at most 200"],
])("%j is refused, and said why", (cron, why) => expect(cronProblem(cron)).toContain(why));

test("whatever is written is a pattern or refused, at once", () => {
  const letters = fc.string({ unit: fc.constantFrom(...Array.from("0123456789*/,-#L?WHjanmo @ ")), maxLength: 40 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 250 }),
        letters,
        fc.array(letters, { minLength: 5, maxLength: 5 }).map((fields) => fields.join(" ")),
      ),
      (cron) => {
        const comes = () => nextTick({ cron, timezone: "Europe/Vienna" }, at("2026-01-01T00:00")) !== null;
        expect(cronProblem(cron) !== null || comes()).toBe(true);
        expect(typeof describeCron(cron)).toBe("string");
      },
    ),
    { numRuns: 300 },
  );
});

test("zones: IANA names alone, UTC first among those to choose from", () => {
  for (const name of ["UTC", "Europe/Vienna", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
    expect(isTimezone(name)).toBe(true);
  for (const name of ["", "Mars/Base", "+01:00", "europe/vienna", "Europe/Vienna ", "GMT+1", "x".repeat(500)])
    expect(isTimezone(name)).toBe(false);
  const names = listTimezones();
  expect(names[0]).toBe("UTC");
  expect(names.filter((name) => name === "UTC")).toHaveLength(1);
  expect(names.every(isTimezone)).toBe(true);
});
