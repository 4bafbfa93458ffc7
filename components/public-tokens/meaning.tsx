import { Ban, Check, TriangleAlert } from "lucide-react";
import { canDo, cannotDo, warnings } from "@/lib/tokens/scope-words";
import { readableText } from "@/lib/view/readable-text";

/** Plain words for what a bearer can and cannot do. */
export function Meaning({ scopes, oneTime, expiry }: { scopes: readonly string[]; oneTime: boolean; expiry: string }) {
  return (
    <div className="flex flex-col gap-3">
      {warnings(scopes).map((warning) => (
        <p key={warning} className="flex gap-2 rounded bg-needs-soft px-2.5 py-1.5">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-needs" /> {readableText(warning)}
        </p>
      ))}
      <div>
        <h3 className="mb-1 text-sm font-medium text-faint">
          For {expiry}
          {oneTime ? ", once," : ""} whoever holds it can
        </h3>
        <ul className="flex flex-col gap-1">
          {scopes.map((scope) => (
            <li key={scope} className="flex gap-2">
              <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
              <span className="min-w-0 break-words">{readableText(canDo(scope) ?? `nothing by ${scope}`)}</span>
            </li>
          ))}
          {scopes.length === 0 ? <li className="text-faint">nothing yet</li> : null}
        </ul>
      </div>
      <div>
        <h3 className="mb-1 text-sm font-medium text-faint">and cannot</h3>
        <ul className="flex flex-col gap-1">
          {cannotDo(scopes).map((text) => (
            <li key={text} className="flex gap-2 text-muted">
              <Ban aria-hidden className="mt-0.5 size-4 shrink-0 text-faint" />
              {text}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
