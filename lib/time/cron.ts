import { Cron } from "croner";
import { toString as inWords } from "cronstrue";

/** A cron pattern and the zone (IANA name) in which it is read. */
export interface CronTimes {
  cron: string;
  timezone: string;
}

const maxPattern = 200;
const nicknames = new Set(["@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually"]);

/** What is wrong with a pattern, as the end of a sentence; null: nothing. */
export function cronProblem(cron: string): string | null {
  const fields = cron.trim().split(/\s+/);
  if (cron.length > maxPattern) return `has ${cron.length} characters; at most ${maxPattern} are allowed`;
  if (!nicknames.has(cron.trim())) {
    if (fields.length === 6) return "has 6 fields; seconds are not supported. Write 5: minute, hour, day of month, month, day of week";
    if (fields.length !== 5 || cron.trim() === "")
      return `has ${cron.trim() === "" ? 0 : fields.length} fields; write 5: minute, hour, day of month, month, day of week`;
  }
  try {
    return nextTick({ cron, timezone: "UTC" }, Date.UTC(2024, 0, 1)) === null ? "names a day that there never is" : null;
  } catch (error) {
    return `cannot be read: ${(error instanceof Error ? error.message : String(error)).replace(/^CronPattern: |\.$/g, "")}`;
  }
}

/** A name of the IANA database that this runtime knows; offsets such as "+01:00" are none. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Z][\w+-]*(?:\/[A-Z][\w+-]*)*$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== "";
  } catch {
    return false;
  }
}

/** Names to choose from, UTC first. */
export const listTimezones = (): string[] => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((name) => name !== "UTC")];

/** A time of day that the clock jumps over is the first moment after; of one that comes twice the first counts, "every hour" is every hour. */
const parse = ({ cron, timezone }: CronTimes): Cron =>
  new Cron(cron.trim(), { timezone, mode: "5-part", sloppyRanges: true, paused: true });

/** Epoch ms of the next `count` ticks after `after`; fewer when the pattern comes to no more. Throws for a pattern that cannot be read. */
export const nextTicks = (times: CronTimes, after: number, count: number): number[] =>
  parse(times)
    .nextRuns(count, new Date(after))
    .map((tick) => tick.getTime());

export const nextTick = (times: CronTimes, after: number): number | null => nextTicks(times, after, 1)[0] ?? null;

/** The newest tick at or before `until` that is later than `after`; null: there is none. */
export function newestTick(times: CronTimes, after: number, until: number): number | null {
  // The one before a time, in whole seconds.
  const [tick] = parse(times).previousRuns(1, new Date(Math.floor(until / 1000) * 1000 + 1000));
  return tick !== undefined && tick.getTime() > after ? tick.getTime() : null;
}

/** Such as "At 02:30 AM, only on Sunday". */
export function describeCron(cron: string): string {
  try {
    return inWords(nicknames.has(cron.trim()) ? cron.trim() : cron);
  } catch {
    // The two do not know the same letters.
    return cron;
  }
}
