/** One clock for everything that ticks. It shows server time and stands still while the page is not live, so that nothing counts on by itself. */
export interface Clock {
  /** Server time of the last tick, epoch ms. */
  now(): number;
  /** Calls back after a tick when at least `stepMs` have passed since the last call. */
  subscribe(stepMs: number, listener: () => void): () => void;
  start(): void;
  stop(): void;
  close(): void;
}

interface Listener {
  stepMs: number;
  last: number;
  call: () => void;
}

/** `time` is the server's. `schedule` runs a callback on a frame after a delay and returns its cancellation. */
export interface Timing {
  time(): number;
  schedule(delayMs: number, callback: () => void): () => void;
}

export function createClock(initial: number, timing: Timing): Clock {
  const listeners = new Set<Listener>();
  let current = initial;
  let running = true;
  let cancel: (() => void) | null = null;

  function tick(): void {
    cancel = null;
    current = Math.max(current, timing.time());
    for (const listener of Array.from(listeners)) {
      // A quarter of the step of tolerance: timers that fire early must not double the step.
      if (current - listener.last < listener.stepMs * 0.75) continue;
      listener.last = current;
      listener.call();
    }
    arm();
  }

  /** One timer, due when the first of the listeners is. */
  function arm(): void {
    disarm();
    if (!running || listeners.size === 0) return;
    const due = Math.min(...[...listeners].map((listener) => listener.last + listener.stepMs));
    cancel = timing.schedule(Math.max(0, due - timing.time()), tick);
  }

  function disarm(): void {
    cancel?.();
    cancel = null;
  }

  return {
    now: () => current,
    subscribe(stepMs, call) {
      // As old as what is shown now: subscribing again does not make a tick by itself.
      const listener = { stepMs, last: current, call };
      listeners.add(listener);
      arm();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) disarm();
      };
    },
    start() {
      if (running) return;
      running = true;
      arm();
    },
    stop() {
      running = false;
      disarm();
    },
    close() {
      running = false;
      disarm();
      listeners.clear();
    },
  };
}

/** Timer for the wait, then a frame: idle pages cost nothing and hidden tabs do not tick. */
export const browserTiming = (time: () => number): Timing => ({
  time,
  schedule(delayMs, callback) {
    let frame = 0;
    const timer = setTimeout(() => {
      frame = requestAnimationFrame(callback);
    }, delayMs);
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  },
});
