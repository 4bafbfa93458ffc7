import { CopyButton } from "@/components/ui/copy";
import { JsonView } from "@/components/ui/json-view";
import { OthersText } from "@/components/ui/others-text";
import type { TaskRunError } from "@/lib/contracts/error";
import { readableText } from "@/lib/view/readable-text";

interface Told {
  name: string;
  message: string;
  stack: string | undefined;
  /** A thrown value that is not an Error. */
  raw: string | undefined;
}

function tell(error: TaskRunError): Told {
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

/** What was thrown and where; in a list, only what is known of it. */
export function ErrorTold({ error }: { error: TaskRunError | { name: string; message: string } }) {
  const told = "type" in error ? tell(error) : { ...error, stack: undefined, raw: undefined };
  return (
    <>
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
    </>
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
