import { describe, expect, it } from "vitest";
import { createClock, type Timing } from "./clock";

function manualTiming(start: number): Timing & { advance(ms: number): void; setBack(ms: number): void; pending(): number } {
  let time = start;
  let back = 0;
  const jobs = new Set<{ at: number; run: () => void }>();
  return {
    time: () => time - back,
    setBack: (ms) => (back = ms),
    pending: () => jobs.size,
    schedule(delayMs, run) {
      const job = { at: time + delayMs, run };
      jobs.add(job);
      return () => jobs.delete(job);
    },
    advance(ms) {
      const end = time + ms;
      for (;;) {
        const next = [...jobs].filter((job) => job.at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (!next) break;
        jobs.delete(next);
        time = Math.max(time, next.at);
        next.run();
      }
      time = end;
    },
  };
}

describe("clock", () => {
  it("ticks each listener at its own step from one timer", () => {
    const timing = manualTiming(1_000);
    const clock = createClock(1_000, timing);
    let fast = 0;
    let slow = 0;
    clock.subscribe(100, () => (fast += 1));
    clock.subscribe(1_000, () => (slow += 1));
    timing.advance(0);
    expect(timing.pending()).toBe(1);
    timing.advance(2_000);
    expect(fast).toBeGreaterThanOrEqual(20);
    expect(slow).toBeGreaterThanOrEqual(2);
    expect(slow).toBeLessThanOrEqual(4);
    expect(clock.now()).toBe(3_000);
  });

  it("does not tick because somebody subscribes again", () => {
    const timing = manualTiming(0);
    const clock = createClock(0, timing);
    let calls = 0;
    for (let round = 0; round < 50; round += 1) {
      const end = clock.subscribe(1_000, () => (calls += 1));
      timing.advance(10);
      end();
    }
    expect(calls).toBe(0);
    clock.subscribe(1_000, () => (calls += 1));
    timing.advance(500);
    expect(calls).toBe(1);
  });

  it("stands still while stopped and goes on from server time", () => {
    const timing = manualTiming(0);
    const clock = createClock(0, timing);
    clock.subscribe(100, () => {});
    timing.advance(500);
    clock.stop();
    timing.advance(60_000);
    expect(clock.now()).toBe(500);
    expect(timing.pending()).toBe(0);
    clock.start();
    timing.advance(100);
    expect(clock.now()).toBe(60_600);
  });

  it("never goes back when the measured server time does", () => {
    const timing = manualTiming(0);
    const clock = createClock(0, timing);
    clock.subscribe(100, () => {});
    timing.advance(100);
    const before = clock.now();
    timing.setBack(5_000);
    timing.advance(100);
    expect(clock.now()).toBe(before);
  });

  it("has no timer without listeners", () => {
    const timing = manualTiming(0);
    const clock = createClock(0, timing);
    const end = clock.subscribe(100, () => {});
    end();
    expect(timing.pending()).toBe(0);
  });
});
