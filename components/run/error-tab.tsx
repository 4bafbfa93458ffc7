import { OthersText } from "@/components/ui/others-text";
import type { RunDetail, RunEvent } from "@/lib/contracts/run";
import { attemptsOf } from "@/lib/runs/run-attempts";
import { formatDuration } from "@/lib/view/format";
import { ErrorTold } from "./error-told";

export function ErrorTab({ run, events }: { run: RunDetail; events: readonly RunEvent[] }) {
  const failed = attemptsOf(events).filter((attempt) => attempt.error !== undefined);
  return (
    <div className="flex flex-col gap-4">
      <ErrorTold error={run.fullError ?? { name: run.error?.name ?? "Error", message: run.error?.message ?? "" }} />
      {failed.length === 0 ? null : (
        <section>
          <h3 className="mb-1 text-sm text-faint">Earlier attempts</h3>
          <ul className="flex flex-col gap-1">
            {failed.map((attempt) => (
              <li key={attempt.number} className="flex min-w-0 items-baseline gap-3">
                <span className="shrink-0 font-mono text-sm text-faint">{attempt.number}</span>
                <OthersText text={attempt.error?.message ?? ""} className="min-w-0 flex-1 break-words" />
                <span className="shrink-0 font-mono text-sm text-faint">
                  {attempt.endMs === null ? "" : formatDuration(attempt.endMs - attempt.startMs)}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
