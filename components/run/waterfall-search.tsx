"use client";
import { CircleX } from "lucide-react";
import { useRef } from "react";
import { useShortcut } from "@/components/frame/shortcuts";
import { IconButton } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { formatCount } from "@/lib/view/format";
import type { Waterfall } from "./use-waterfall";

/** Finds spans by name, and those that failed. */
export function WaterfallSearch({ waterfall, onLeave }: { waterfall: Waterfall; onLeave: () => void }) {
  const { search, setSearch, found } = waterfall;
  const input = useRef<HTMLInputElement>(null);
  useShortcut("/", { label: "Find spans", group: "Waterfall", run: () => input.current?.focus() });
  useShortcut("x", { label: "Errors only", group: "Waterfall", run: () => setSearch({ ...search, errorsOnly: !search.errorsOnly }) });
  return (
    <>
      <input
        ref={input}
        type="search"
        aria-label="Find spans"
        placeholder="Find spans"
        value={search.text}
        onChange={(event) => setSearch({ ...search, text: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === "Escape") setSearch({ ...search, text: "" });
          if (event.key === "Escape" || event.key === "Enter") onLeave();
        }}
        className="h-6 min-w-0 flex-1 rounded bg-transparent px-1 text-sm outline-none placeholder:text-faint focus-visible:outline-2 focus-visible:outline-accent"
      />
      <output aria-label="Spans found" className={cn("shrink-0 font-mono text-xs text-faint", found === null && "hidden")}>
        {found === null ? "" : formatCount(found)}
      </output>
      <IconButton
        label={search.errorsOnly ? "Show all spans" : "Errors only"}
        hint="X"
        size="icon-sm"
        aria-pressed={search.errorsOnly}
        className={search.errorsOnly ? "bg-bad-soft text-bad" : ""}
        onClick={() => setSearch({ ...search, errorsOnly: !search.errorsOnly })}
      >
        <CircleX className="size-4" />
      </IconButton>
    </>
  );
}
