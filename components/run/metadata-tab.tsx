import { JsonView } from "@/components/ui/json-view";
import { Progress } from "@/components/ui/progress";
import { metadataBars } from "./metadata-bars";
import { readableText } from "@/lib/view/readable-text";

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function MetadataTab({ text }: { text: string | null }) {
  if (text === null || text === "{}") {
    return (
      <p className="text-faint">
        The run has set no metadata. <code className="font-mono">metadata.set(&quot;progress&quot;, 0.5)</code> in the task shows up here and in the list.
      </p>
    );
  }
  const bars = metadataBars(parse(text));
  return (
    <div className="flex flex-col gap-4">
      {bars.length === 0 ? null : (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1.5">
          {bars.map((bar) => (
            <div key={bar.path} className="contents">
              <dt className="max-w-40 truncate font-mono text-sm text-muted">{readableText(bar.path)}</dt>
              <dd>
                <Progress value={bar.part} label={readableText(bar.path)} />
              </dd>
              <dd className="text-right font-mono text-sm">{bar.text}</dd>
            </div>
          ))}
        </dl>
      )}
      <JsonView text={text} type="application/json" />
    </div>
  );
}
