"use client";
import { Undo2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useSubscribable } from "@/components/live/live-provider";
import { Button } from "@/components/ui/button";
import { OthersText } from "@/components/ui/others-text";
import { useShortcut } from "./shortcuts";
import { heldActions, undoMs, type HeldAction } from "./undo";

const none: readonly HeldAction[] = [];

/** What is about to be done, each with the time that is left to take it back. */
export function UndoBar() {
  const held = useSubscribable(heldActions, none);
  useShortcut("z", { label: "Undo what is held", group: "Everywhere", run: () => heldActions.getSnapshot().at(-1)?.undo() });
  return (
    <output aria-label="Held actions" className="pointer-events-none fixed inset-x-2 bottom-14 z-40 flex flex-col items-center gap-1">
      {held.map((action) => (
        <Action key={action.id} action={action} />
      ))}
    </output>
  );
}

function Action({ action }: { action: HeldAction }) {
  return (
    <div
      data-held={action.of}
      className="appear pointer-events-auto relative flex max-w-full items-center gap-2 overflow-hidden rounded-lg bg-raised py-1.5 pr-1.5 pl-3 shadow-float"
    >
      <OthersText text={action.text} className="min-w-0 truncate font-medium" />
      <Left dueAt={action.dueAt} />
      <Button size="sm" look="primary" onClick={action.undo}>
        <Undo2 aria-hidden className="size-3.5" />
        Undo
        <kbd aria-hidden className="font-mono text-xs opacity-70 max-sm:hidden">
          Z
        </kbd>
      </Button>
      <Button size="sm" look="ghost" onClick={action.go}>
        Do it now
      </Button>
      <span
        aria-hidden
        className="drain absolute inset-x-0 bottom-0 h-0.5 origin-left bg-accent"
        style={{ animationDuration: `${undoMs}ms` }}
      />
    </div>
  );
}

/** Not read aloud each second. */
function Left({ dueAt }: { dueAt: number }) {
  const [seconds, setSeconds] = useState(undoMs / 1_000);
  useEffect(() => {
    const timer = setInterval(() => setSeconds(Math.max(0, Math.ceil((dueAt - performance.now()) / 1_000))), 200);
    return () => clearInterval(timer);
  }, [dueAt]);
  return (
    <span aria-hidden className="tabular shrink-0 text-muted">
      in {seconds} s
    </span>
  );
}
