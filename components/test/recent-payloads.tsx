"use client";
import { ChevronDown } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { RecentPayloads as Recent } from "@/lib/contracts/dashboard";
import { editablePayload, payloadPreview } from "@/lib/recent-payload";
import { Ago } from "../live/time";
import { Button } from "../ui/button";
import { Popover } from "../ui/menu";

export interface RecentPayloadsProps {
  recent: Recent | undefined;
  example: string | undefined;
  error: string | undefined;
  onPick: (text: string) => void;
}

/** The author's example and the newest different payloads of the task's runs. */
export function RecentPayloads({ recent, example, error, onPick }: RecentPayloadsProps) {
  const [open, setOpen] = useState(false);
  const pick = (text: string) => {
    onPick(text);
    setOpen(false);
  };
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      align="end"
      className="w-[min(28rem,90vw)] p-1"
      trigger={
        <Button size="sm">
          Payloads <ChevronDown aria-hidden className="size-3" />
        </Button>
      }
    >
      {error === undefined ? null : <p className="px-2 py-1.5 text-bad">{error}</p>}
      <ul className="flex flex-col">
        {example === undefined ? null : <Choice title="Example of the task's author" preview={example.replaceAll(/\s+/g, " ")} onPick={() => pick(example)} />}
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
              onPick={text === null ? undefined : () => pick(text)}
            />
          );
        })}
      </ul>
      {recent !== undefined && recent.payloads.length === 0 ? <p className="px-2 py-1.5 text-muted">This task has not run yet; payloads of its runs appear here.</p> : null}
    </Popover>
  );
}

const Choice = ({ title, preview, onPick }: { title: ReactNode; preview: string; onPick: (() => void) | undefined }) => (
  <li>
    <button type="button" disabled={onPick === undefined} onClick={onPick} className="w-full rounded px-2 py-1 text-left hover:bg-hover disabled:opacity-60">
      <span className="block truncate text-sm text-faint">{title}</span>
      <span className="block truncate font-mono text-sm">{preview}</span>
    </button>
  </li>
);
