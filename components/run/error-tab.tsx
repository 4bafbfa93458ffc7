import { CopyButton } from "@/components/ui/copy";
import { JsonView } from "@/components/ui/json-view";
import type { RunDetail, RunEvent } from "@/lib/contracts/run";
import { formatDuration } from "@/lib/view/format";
import { attemptsOf } from "@/lib/runs/run-attempts";
import { OthersText } from "@/components/ui/others-text";
import { readableText } from "@/lib/view/readable-text";

type FullError = NonNullable<RunDetail["fullError"]>;

interface Told {
  name: string;
  message: string;
  stack: string | undefined;
  /** A thrown value that is not an Error. */
  raw: string | undefined;
}

function tell(error: FullError): Told {
  switch (error.type) {
    case "BUILT_IN_ERROR":
      return { name: error.name, message: error.message, stack: error.stackTrace, raw: undefined };
    case "CUSTOM_ERROR":
      return { name: "Thrown value", message: "The task threw something that is not an Error.", stack: undefined, raw: error.raw };
    case "STRING_ERROR":
      return { name: "Thrown text", message: error.raw, stack: undefined, raw: undefined };
    case "INTERNAL_ERROR":
      return { name: error.code, message: error.message ?? "", stack: error.stackTrace, raw: undefined };
  }
}

const isOwn = (frame: string): boolean => !/node_modules|node:internal|\(node:/.test(frame);

export function ErrorTab({ run, events }: { run: RunDetail; events: readonly RunEvent[] }) {
  const failed = attemptsOf(events).filter((attempt) => attempt.error !== undefined);
  const told = run.fullError ? tell(run.fullError) : { name: run.error?.name ?? "Error", message: run.error?.message ?? "", stack: undefined, raw: undefined };
  return (
    <div className="flex flex-col gap-4">
      <div className="rounded border border-bad/40 bg-bad-soft px-3 py-2">
        <p className="font-mono font-semibold break-words text-bad">
          <OthersText text={told.name} />
        </p>
        <p className="mt-1 font-mono text-sm break-words whitespace-pre-wrap">
          <OthersText text={told.message} />
        </p>
      </div>
      {told.raw === undefined ? null : <JsonView text={told.raw} type="application/json" />}
      {told.stack ? <Stack text={told.stack} /> : null}
      {failed.length === 0 ? null : (
        <section>
          <h3 className="mb-1 text-sm text-faint">Earlier attempts</h3>
          <ul className="flex flex-col gap-1">
            {failed.map((attempt) => (
              <li key={attempt.number} className="flex min-w-0 items-baseline gap-3">
                <span className="shrink-0 font-mono text-sm text-faint">{attempt.number}</span>
                <OthersText text={attempt.error?.message ?? ""} className="min-w-0 flex-1 break-words" />
                <span className="shrink-0 font-mono text-sm text-faint">{attempt.endMs === null ? "" : formatDuration(attempt.endMs - attempt.startMs)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** Frames of the project stand out from those of libraries. */
function Stack({ text }: { text: string }) {
  const frames = text.split("\n").filter((line) => line.trim() !== "");
  return (
    <section className="relative">
      <div className="mb-1 flex items-center">
        <h3 className="flex-1 text-sm text-faint">Stack</h3>
        <CopyButton text={text} label="Copy stack" />
      </div>
      {/* As in a block of code: it scrolls. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <ol dir="ltr" tabIndex={0} className="overflow-x-auto rounded border border-line bg-panel p-2 font-mono text-sm leading-5">
        {frames.map((frame, index) => (
          // Frames repeat in recursion; their place does not.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index} className={isOwn(frame) ? "whitespace-pre text-fg" : "whitespace-pre text-faint"}>
            {readableText(frame)}
          </li>
        ))}
      </ol>
    </section>
  );
}
