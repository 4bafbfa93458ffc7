"use client";
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import { CheckField } from "@/components/ui/check-field";
import { Field, Input } from "@/components/ui/input";
import { OthersText } from "@/components/ui/others-text";
import { limits } from "@/lib/contracts/limits";
import { fieldColumns, isUsual, movedColumn, readValueColumn, usualColumns, withoutColumn, type RunColumn } from "@/lib/runs/run-columns";
import { readableText } from "@/lib/view/readable-text";
import type { ListLookState } from "./list-look";
import { columnLook } from "./run-cells";

/** Which columns the list has, in which order, and how high its rows are. */
export function ColumnChoices({ look: { columns, compact, setColumns, setCompact } }: { look: ListLookState }) {
  const others = fieldColumns.filter((field) => !columns.includes(field));
  const isFull = columns.length >= limits.columns;
  return (
    <div className="flex flex-col gap-3 p-2">
      <section aria-label="Shown columns">
        <div className="flex h-6 items-center">
          <h3 className="flex-1 text-sm text-faint">Shown, from left to right</h3>
          {isUsual(columns) ? null : (
            <Button size="sm" look="ghost" onClick={() => setColumns(usualColumns)}>
              Usual ones
            </Button>
          )}
        </div>
        <ol>
          {columns.map((column, index) => (
            <Shown key={column} column={column} index={index} columns={columns} onChange={setColumns} />
          ))}
        </ol>
      </section>
      <section aria-label="Other columns" className="flex flex-wrap gap-1">
        {others.map((field) => (
          <Button
            key={field}
            size="sm"
            disabled={isFull}
            aria-label={`Add ${columnLook(field).name}`}
            onClick={() => setColumns([...columns, field])}
            className="font-normal"
          >
            <Plus aria-hidden className="size-3" />
            {columnLook(field).name}
          </Button>
        ))}
      </section>
      <AddValue columns={columns} isFull={isFull} onAdd={(column) => setColumns([...columns, column])} />
      <CheckField label="Compact rows" help="In this browser, for all lists of runs." checked={compact} onCheckedChange={setCompact} />
    </div>
  );
}

function Shown({
  column,
  index,
  columns,
  onChange,
}: {
  column: RunColumn;
  index: number;
  columns: readonly RunColumn[];
  onChange: (next: readonly RunColumn[]) => void;
}) {
  const name = readableText(columnLook(column).name);
  return (
    <li className="flex h-7 items-center">
      <OthersText text={name} className="min-w-0 flex-1 truncate" whole="on hover" />
      <IconButton
        label={`Move ${name} to the left`}
        size="icon-sm"
        disabled={index === 0}
        onClick={() => onChange(movedColumn(columns, column, -1))}
      >
        <ArrowUp className="size-3.5" />
      </IconButton>
      <IconButton
        label={`Move ${name} to the right`}
        size="icon-sm"
        disabled={index === columns.length - 1}
        onClick={() => onChange(movedColumn(columns, column, 1))}
      >
        <ArrowDown className="size-3.5" />
      </IconButton>
      <IconButton
        label={column === "task" ? "The task stays: it leads to the run" : `Remove ${name}`}
        size="icon-sm"
        disabled={column === "task"}
        onClick={() => onChange(withoutColumn(columns, column))}
      >
        <X className="size-3.5" />
      </IconButton>
    </li>
  );
}

/** A value out of metadata, payload or output. */
function AddValue({ columns, isFull, onAdd }: { columns: readonly RunColumn[]; isFull: boolean; onAdd: (column: RunColumn) => void }) {
  const [path, setPath] = useState("");
  const [problem, setProblem] = useState<string>();
  function add(): void {
    const column = path.trim();
    if (isFull) return setProblem(`A list has ${limits.columns} columns at most; remove one first.`);
    if (columns.includes(column)) return setProblem("It is shown already.");
    if (readValueColumn(column) === null)
      return setProblem("Write metadata, payload or output and a path in it, such as output.items[0].name.");
    onAdd(column);
    setPath("");
    setProblem(undefined);
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <Field label="A value of the run" help="metadata.progress.done, payload.customer.id, output.items[0]" error={problem}>
        {(control) => (
          <span className="flex gap-1">
            <Input
              {...control}
              value={path}
              maxLength={limits.columnLength}
              spellCheck={false}
              autoCapitalize="off"
              autoComplete="off"
              placeholder="metadata.…"
              onChange={(event) => setPath(event.target.value)}
              className="font-mono"
            />
            <Button type="submit" disabled={path.trim() === ""}>
              Add
            </Button>
          </span>
        )}
      </Field>
    </form>
  );
}
