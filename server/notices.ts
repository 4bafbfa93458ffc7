import type { ServerNotice } from "@/lib/contracts/realtime";
import type { BuildError } from "@/lib/contracts/task";
import { describeBuildError } from "./build/build-error";
import type { DiskState } from "./db/postgres/disk";

interface Conditions {
  disk: Pick<DiskState, "level">;
  /** Why new runs are refused. */
  readOnlyReason: string | null;
  buildError: BuildError | null;
  /** What the machine lacks of what the tasks need. */
  lacks: readonly string[];
  /** Some version of the tasks is served. */
  isDeployed: boolean;
}

/** What every page of the dashboard says in its header. */
export function noticesOf({ disk, readOnlyReason, buildError, lacks, isDeployed }: Conditions): ServerNotice[] {
  const notices: ServerNotice[] = [];
  if (disk.level !== "ok")
    notices.push({ level: disk.level === "full" ? "error" : "warning", message: readOnlyReason ?? "The server's disk is filling up." });
  if (buildError !== null) {
    const consequence = isDeployed ? "The last good version goes on." : "There is no version to run.";
    notices.push({ level: "error", message: `The tasks do not build. ${consequence}`, detail: describeBuildError(buildError) });
  }
  if (lacks.length > 0)
    notices.push({ level: "warning", message: "This machine lacks something that tasks need.", detail: lacks.join("\n") });
  return notices;
}
