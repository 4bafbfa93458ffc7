"use client";
import { useRef, useState, type KeyboardEvent } from "react";
import type { TaskSummary } from "@/lib/contracts/dashboard";
import { useShortcut } from "../frame/shortcuts";
import { cn } from "../ui/cn";
import { Input, NativeSelect } from "../ui/input";
import { Kbd } from "../ui/kbd";
import { OthersText } from "../ui/others-text";

export interface TaskPickerProps {
  tasks: readonly TaskSummary[];
  chosen: string;
  onChoose: (id: string) => void;
}

/** Search and list; arrows move the choice while the search has the focus. On small screens the platform's own select. */
export function TaskPicker({ tasks, chosen, onChoose }: TaskPickerProps) {
  const [search, setSearch] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useShortcut("/", { label: "Search tasks", group: "Test", run: () => input.current?.focus() });
  const words = search.toLowerCase().split(/\s+/);
  const found = tasks.filter((task) =>
    words.every((word) => `${task.id} ${task.filePath} ${task.description ?? ""}`.toLowerCase().includes(word)),
  );

  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || found.length === 0) return;
    event.preventDefault();
    const at = found.findIndex((task) => task.id === chosen);
    const next = found[at === -1 ? 0 : (at + step + found.length) % found.length];
    if (next === undefined) return;
    onChoose(next.id);
    document.getElementById(optionId(next.id))?.scrollIntoView({ block: "nearest" });
  }

  return (
    <>
      <div className="border-b border-line px-4 py-2 lg:hidden">
        <NativeSelect aria-label="Task" value={chosen} onChange={(event) => onChoose(event.target.value)} className="font-mono">
          {tasks.map((task) => (
            <option key={task.id}>{task.id}</option>
          ))}
        </NativeSelect>
      </div>
      <div className="hidden min-h-0 flex-col border-r border-line lg:flex">
        <div className="relative p-2">
          <Input
            ref={input}
            type="search"
            aria-label="Search tasks; arrows choose"
            aria-controls="test-tasks"
            placeholder="Search tasks"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            onKeyDown={onKeyDown}
          />
          {search === "" ? (
            <span aria-hidden className="absolute top-4 right-4">
              <Kbd>/</Kbd>
            </span>
          ) : null}
        </div>
        <nav id="test-tasks" aria-label="Tasks" className="min-h-0 flex-1 overflow-y-auto pb-2">
          {found.map((task) => (
            <button
              key={task.id}
              type="button"
              id={optionId(task.id)}
              aria-current={task.id === chosen}
              onClick={() => onChoose(task.id)}
              className={cn(
                "block w-full border-l-2 border-transparent px-3 py-1.5 text-left -outline-offset-2 hover:bg-hover",
                task.id === chosen && "border-accent bg-active hover:bg-active",
              )}
            >
              <OthersText text={task.id} className="block truncate font-mono" />
              <OthersText text={task.description ?? task.filePath} className="block truncate text-sm text-faint" />
            </button>
          ))}
          {found.length === 0 ? <p className="px-3 py-2 text-muted">No task has “{search}” in its id, file or description.</p> : null}
        </nav>
      </div>
    </>
  );
}

const optionId = (taskId: string) => `test-task-${taskId}`;
