import type { Assignment, OperationOutcome } from "@/lib/contracts/ipc";
import type { MachinePreset } from "@/lib/contracts/task";
import type { Deployment } from "../versions/deployments";

/** Where runs execute. The supervisor implements it over forked processes. */
export interface Executor {
  /** Shared slots that are free now. */
  freeSlots(): number;
  assign(assignment: Assignment, place: { deployment: Deployment; isolate: boolean; machine?: MachinePreset | undefined }): void;
  /** False: no process holds the run at this epoch. */
  deliver(runId: string, epoch: number, seq: number, outcome: OperationOutcome): boolean;
  pushMetadata(runId: string, epoch: number, metadata: string | null): void;
  /** A later credential for the run's calls. */
  pushToken(runId: string, epoch: number, token: string): void;
  /** Asks the process to stop the run; false: nobody holds it. */
  cancel(runId: string, epoch: number): boolean;
  holds(runId: string, epoch: number): boolean;
}
