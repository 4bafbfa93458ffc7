import type { BundleManifest } from "@/lib/contracts/task";
import { BuildFailure } from "./build-error";

/** What would only show when somebody triggers: refused before the version goes live. */
export function checkManifest(manifest: BundleManifest, configFile: string): void {
  const files = new Map<string, string>();
  for (const task of manifest.tasks) {
    const other = files.get(task.id);
    if (other !== undefined) {
      const where = other === task.filePath ? `twice in ${other}` : `in ${other} and in ${task.filePath}`;
      throw new BuildFailure({ message: `Two tasks have the id "${task.id}": ${where}. Give one of them another id`, file: task.filePath });
    }
    files.set(task.id, task.filePath);
  }
  if (manifest.tasks.length === 0) {
    throw new BuildFailure({ message: 'No tasks: none of the files calls task({ id, run }) from "@trigger.dev/sdk"', file: configFile });
  }
  if (manifest.config.maxDuration === undefined) {
    throw new BuildFailure({ message: "maxDuration is missing. Add maxDuration: 300 (seconds of compute time that one attempt may use, at least 5)", file: configFile });
  }
}
