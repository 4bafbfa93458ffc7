export interface SteadyClock {
  now(): number;
  close(): void;
}

const tickMs = 250;
/** Between two ticks: beyond this, this process was stopped or blocked, and has heard nothing of what its workers said meanwhile. */
const longestGapMs = 1_000;

/**
 * Monotonic ms that do not count the time in which this process did not run: neither a wall clock that is set nor a paused machine
 * makes a silence or uses up a run's time.
 */
export function steadyClock(read: () => number = () => performance.now()): SteadyClock {
  let last = read();
  let lost = 0;
  const now = () => {
    const at = read();
    if (at - last > longestGapMs) lost += at - last - tickMs;
    last = at;
    return at - lost;
  };
  const ticker = setInterval(now, tickMs);
  ticker.unref();
  return { now, close: () => clearInterval(ticker) };
}
