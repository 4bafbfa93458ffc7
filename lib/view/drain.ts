/** Minutes whose pace is taken. */
const paceMinutes = 10;

/** Until all that wait now have started, at the pace of the last ten minutes. `ended`: runs per minute, the present one last. */
export function drainMs(queued: number, ended: readonly number[]): number | null {
  const recent = ended.slice(-paceMinutes);
  const perMinute = recent.reduce((sum, n) => sum + n, 0) / paceMinutes;
  return perMinute === 0 ? null : (queued / perMinute) * 60_000;
}
