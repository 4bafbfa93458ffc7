"use client";
import type { ReactNode } from "react";
import type { RecentPayloads as Recent } from "@/lib/contracts/dashboard";
import { editablePayload, payloadPreview } from "@/lib/values/recent-payload";
import { Ago } from "../live/time";
import { OthersText } from "../ui/others-text";

export interface PayloadChoicesProps {
  recent: Recent | undefined;
  example: string | undefined;
  error: string | undefined;
  onPick: (text: string) => void;
}

export const PayloadChoices = ({ recent, example, error, onPick }: PayloadChoicesProps) => (
  <>
    {error === undefined ? null : <p className="px-2 py-1.5 text-bad">{error}</p>}
    <ul className="flex flex-col">
      {example === undefined ? null : (
        <Choice title="Example of the task's author" preview={example.replaceAll(/\s+/g, " ")} onPick={() => onPick(example)} />
      )}
      {recent?.payloads.map((stored) => {
        const text = editablePayload(stored);
        return (
          <Choice
            key={stored.runId}
            title={
              <>
                <span className="font-mono">{stored.runId}</span>, <Ago at={stored.at} />
              </>
            }
            preview={payloadPreview(stored)}
            onPick={text === null ? undefined : () => onPick(text)}
          />
        );
      })}
    </ul>
    {recent !== undefined && recent.payloads.length === 0 ? (
      <p className="px-2 py-1.5 text-muted">This task has not run yet; payloads of its runs appear here.</p>
    ) : null}
  </>
);

const Choice = ({ title, preview, onPick }: { title: ReactNode; preview: string; onPick: (() => void) | undefined }) => (
  <li>
    <button
      type="button"
      disabled={onPick === undefined}
      onClick={onPick}
      className="w-full rounded px-2 py-1 text-left hover:bg-hover disabled:opacity-60"
    >
      <span className="block truncate text-sm text-faint">{title}</span>
      <OthersText text={preview} className="block truncate font-mono text-sm" />
    </button>
  </li>
);
