/** Pure text for people: durations, times, counts. `now` and zones enter as arguments. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `0.8 ms`, `14 ms`, `1.4 s`, `12.4 s`, `3 m 12 s`, `2 h 05 m`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  const value = Math.max(0, ms);
  if (value < 10) return `${trimZero(value.toFixed(1))} ms`;
  if (value < 999.5) return `${Math.round(value)} ms`;
  if (value < 59_950) return `${(value / second).toFixed(1)} s`;
  if (value < hour - 500) return pair(Math.round(value / second), "m", "s");
  if (value < day) return pair(Math.floor((value + 500) / minute), "h", "m");
  return `${Math.floor(value / day)} d ${Math.floor((value % day) / hour)} h`;
}

/** How long something took between two times that are kept in whole milliseconds: none of them between the two is less than one, not zero. */
export const formatTook = (ms: number): string => (ms < 1 ? "< 1 ms" : formatDuration(ms));

const trimZero = (text: string): string => text.replace(/\.0$/, "");
const pair = (units: number, big: string, small: string): string =>
  `${Math.floor(units / 60)} ${big} ${String(units % 60).padStart(2, "0")} ${small}`;

/** A duration that ticks: no milliseconds below a second, so that digits do not race. */
export function formatTicking(ms: number): string {
  const value = Math.max(0, ms);
  return value < 59_950 ? `${(Math.floor(value / 100) / 10).toFixed(1)} s` : formatDuration(value);
}

/** `now`, `12 s ago`, `in 4 m`, `3 h ago`, `5 d ago`, and from 30 days on the date. */
export function formatRelative(at: number, now: number, zone: Zone): string {
  const distance = Math.abs(now - at);
  if (distance < second) return "now";
  if (distance >= 30 * day) return formatInstant(at, zone).slice(0, 10);
  const amount =
    distance < minute
      ? `${Math.floor(distance / second)} s`
      : distance < hour
        ? `${Math.floor(distance / minute)} m`
        : distance < day
          ? `${Math.floor(distance / hour)} h`
          : `${Math.floor(distance / day)} d`;
  return at > now ? `in ${amount}` : `${amount} ago`;
}

export type Zone = "local" | "utc";

/** `14:02:11.204`; with the date before it when the day is not that of `now`. */
export function formatClock(at: number, zone: Zone, now?: number): string {
  const date = new Date(at);
  const parts = zone === "utc" ? utcParts(date) : localParts(date);
  const sameDay = now !== undefined && parts.day === (zone === "utc" ? utcParts(new Date(now)) : localParts(new Date(now))).day;
  return now === undefined || sameDay ? parts.time : `${parts.day} ${parts.time}`;
}

/** `2026-11-23 14:02:11.204`. */
export function formatInstant(at: number, zone: Zone): string {
  const parts = zone === "utc" ? utcParts(new Date(at)) : localParts(new Date(at));
  return `${parts.day} ${parts.time}`;
}

function utcParts(date: Date): { day: string; time: string } {
  const iso = date.toISOString();
  return { day: iso.slice(0, 10), time: iso.slice(11, 23) };
}

function localParts(date: Date): { day: string; time: string } {
  const two = (n: number): string => String(n).padStart(2, "0");
  return {
    day: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    time: `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`,
  };
}

/** `1,234`; the same on every machine. */
export const formatCount = (count: number): string => String(Math.trunc(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** `1 run`, `2 runs`. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${formatCount(count)} ${count === 1 ? one : many}`;

/** `832 B`, `1.5 KB`, `3.0 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** `run_c9ab…k4x1`: beginning and end tell ids apart in a list. */
export function shortId(id: string): string {
  const cut = id.indexOf("_") + 1;
  return id.length - cut <= 10 ? id : `${id.slice(0, cut + 4)}…${id.slice(-4)}`;
}

/** `82 %`. */
export const formatPercent = (part: number): string => `${Math.round(part * 100)} %`;
