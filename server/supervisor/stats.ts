import { usesSlot, type HeldRun, type Member } from "./held-run";

export interface SupervisorStats {
  processes: number;
  ready: number;
  blocked: number;
  running: number;
  waiting: number;
  /** Runs that wait for a process of their own. */
  pending: number;
}

export const statsOf = (
  members: readonly Member[],
  held: readonly HeldRun[],
  isBlocked: (member: Member) => boolean,
): Omit<SupervisorStats, "pending"> => ({
  processes: members.length,
  ready: members.filter((member) => member.process.isReady).length,
  blocked: members.filter(isBlocked).length,
  running: held.filter(usesSlot).length,
  waiting: held.filter((run) => !usesSlot(run)).length,
});
