import { failed } from "./loss";
import { usesSlot, type HeldRun, type Member } from "./held-run";
import type { Timings } from "./timings";

interface SweepOptions {
  members: ReadonlySet<Member>;
  timings: Timings;
  now: number;
  stop(run: HeldRun, reason: "canceled" | "maxDuration"): void;
  /** It neither answers nor computes. */
  onFrozen(member: Member): void;
}

/** Looks at every run that computes or was told to stop, and enforces its limits from outside. */
export function sweep({ members, timings, now, stop, onFrozen }: SweepOptions): void {
  for (const member of members) {
    if (member.runs.size === 0 || !member.process.isReady) continue;
    const silence = member.process.silence(now);
    if (silence >= timings.suspect) member.process.lookAtStall(now);
    if (member.process.stalledMs >= timings.frozen) {
      onFrozen(member);
      continue;
    }
    keepClocks(member, now);
    let isWatched = member.running > 0;
    for (const run of member.runs.values()) {
      if (run.stop !== null) {
        isWatched = true;
        enforce(run, run.stop, { silence, timings, now });
      } else if (usesSlot(run) && run.clock.used(now) >= run.limit) {
        if (!isDoubtful(run, silence, timings.suspect)) stop(run, "maxDuration");
        else if (silence >= timings.maxDuration) member.process.terminate();
      }
    }
    if (isWatched) member.process.ping(now);
  }
}

/** While a process is stopped from outside, its runs use no time of their own. */
function keepClocks({ process, runs }: Member, now: number): void {
  for (const run of runs.values()) {
    if (!usesSlot(run)) continue;
    if (process.isStopped) run.clock.pause(now);
    else run.clock.run(now);
  }
}

/** In a blocked process the clocks of all its runs go on, and only one of them is to blame: nobody is, each is resumed alone. */
const isDoubtful = (run: HeldRun, silence: number, patience: number) => run.member.running > 1 && silence >= patience;

function enforce(
  run: HeldRun,
  stop: NonNullable<HeldRun["stop"]>,
  { silence, timings, now }: { silence: number; timings: Timings; now: number },
): void {
  const waited = now - stop.at;
  if (stop.reason === "maxDuration") {
    if (waited < timings.maxDuration) return;
    if (isDoubtful(run, silence, timings.maxDuration)) run.member.process.terminate();
    else endProcessOf(run);
  } else if (waited >= timings.cancel || (waited >= timings.cancelBlocked && silence >= timings.cancelBlocked)) endProcessOf(run);
}

/** The run does not stop by itself. The other runs of its process are neighbours. */
function endProcessOf(run: HeldRun): void {
  run.loss ??= run.stop?.reason === "canceled" ? { kind: "canceled" } : maxDurationExceeded(run);
  run.member.process.terminate();
}

export const maxDurationExceeded = (run: HeldRun) =>
  failed("MAX_DURATION_EXCEEDED", `The attempt used more than its maxDuration of ${run.limit / 1000} s of compute time`);
