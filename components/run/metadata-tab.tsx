import { Instant } from "@/components/live/time";
import { JsonView } from "@/components/ui/json-view";
import { Progress } from "@/components/ui/progress";
import { metadataBars } from "./metadata-bars";
import type { RunEvent } from "@/lib/contracts/run";
import { plural } from "@/lib/view/format";
import { readableText } from "@/lib/view/readable-text";

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function MetadataTab({ text, events }: { text: string | null; events: readonly RunEvent[] }) {
  if (text === null || text === "{}") {
    return (
      <p className="text-faint">
        The run has set no metadata. <code className="font-mono">metadata.set(&quot;progress&quot;, 0.5)</code> in the task shows up here
        and in the list.
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
      <Changes events={events.filter((event) => event.type === "metadata")} />
    </div>
  );
}

const shownChanges = 20;

/** When it changed. What stood there before is not kept, and is not made up. */
function Changes({ events }: { events: readonly RunEvent[] }) {
  if (events.length === 0) return null;
  return (
    <section aria-label="Changes of the metadata" className="border-t border-line pt-2">
      <h3 className="text-sm text-faint">Changed {plural(events.length, "time")}. Kept are the times; the values are those of now.</h3>
      <ol className="mt-1 flex flex-wrap gap-x-4 text-sm">
        {events.slice(-shownChanges).map((event) => (
          <li key={event.version}>
            <Instant at={event.at} />
          </li>
        ))}
      </ol>
    </section>
  );
}
