import { parseWindow } from "@/lib/contracts/schedule";
import type { BundleManifest, TaskManifest } from "@/lib/contracts/task";
import { cronProblem, isTimezone } from "@/lib/time/cron";
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
    if (task.schedule !== undefined) checkCron(task, task.schedule);
  }
  if (manifest.tasks.length === 0) {
    throw new BuildFailure({ message: 'No tasks: none of the files calls task({ id, run }) from "@trigger.dev/sdk"', file: configFile });
  }
  if (manifest.config.maxDuration === undefined) {
    throw new BuildFailure({
      message: "maxDuration is missing. Add maxDuration: 300 (seconds of compute time that one attempt may use, at least 5)",
      file: configFile,
    });
  }
}

const environments = ["DEVELOPMENT", "STAGING", "PREVIEW", "PRODUCTION"];

function checkCron(
  { id, filePath }: TaskManifest,
  { cron, timezone, window, environments: given = [] }: NonNullable<TaskManifest["schedule"]>,
): void {
  const refuse = (what: string): never => {
    throw new BuildFailure({ message: `The cron of task "${id}" is not valid: ${what}`, file: filePath });
  };
  const problem = cronProblem(cron);
  if (problem !== null) refuse(`${JSON.stringify(cron)} ${problem}`);
  if (timezone !== undefined && !isTimezone(timezone))
    refuse(`timezone ${JSON.stringify(timezone)} is no IANA name, such as "Europe/Vienna"`);
  if (window !== undefined && parseWindow(window) === null)
    refuse(
      `window ${JSON.stringify(window)} is neither whole minutes or hours up to 24 h, such as "30m", nor a part of the interval, such as "20%"`,
    );
  const odd = given.find((name) => !environments.includes(name));
  if (odd !== undefined) refuse(`${JSON.stringify(odd)} is no kind of environment; there are ${environments.join(", ")}`);
}
