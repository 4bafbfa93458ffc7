"use client";
import { ClipboardPaste, Plus, Variable } from "lucide-react";
import { useState } from "react";
import type { VariablesPage } from "@/lib/contracts/variables";
import { plural } from "@/lib/view/format";
import { ActionButton, ReadOnlyNote, refusal } from "../auth/permission";
import { useMe } from "../frame/me";
import { CodeBlock } from "../ui/code-block";
import { lazilyDialog } from "../ui/dialog";
import { PanelHead } from "../ui/page";
import { SearchInput } from "../ui/search-input";
import { EmptyState, ErrorState } from "../ui/state";
import { Table, Th } from "../ui/table";
import { ChangesTable } from "./changes-table";
import { FilesTable } from "./files-table";
import { useVariables } from "./use-variables";
import { VariableLine } from "./variable-line";

const VariableDialog = lazilyDialog(async () => (await import("./variable-dialog")).VariableDialog);
const PasteDialog = lazilyDialog(async () => (await import("./paste-dialog")).PasteDialog);

export function VariablesView({ initial }: { initial: VariablesPage }) {
  const { page, error, reread } = useVariables(initial);
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState<"add" | "paste" | null>(null);
  const me = useMe();
  const refused = refusal(me.user.role, "operator");
  const shown = page.variables.filter((variable) => variable.name.toLowerCase().includes(search.trim().toLowerCase()));
  const files = new Map(page.files.map(({ name, file }) => [name, file]));

  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <ReadOnlyNote refused={refused && `${refused} Values are for operators; you see names.`} />
      <PanelHead
        title="Environment variables"
        detail={search === "" ? `environment ${me.environment.slug}` : plural(shown.length, "match", "matches")}
      >
        <SearchInput value={search} onChange={setSearch} label="Search variables" />
        <ActionButton size="sm" refused={refused} onClick={() => setOpen("paste")}>
          <ClipboardPaste className="size-3.5" /> Paste .env
        </ActionButton>
        <ActionButton size="sm" look="primary" refused={refused} onClick={() => setOpen("add")}>
          <Plus className="size-3.5" /> Add variable
        </ActionButton>
      </PanelHead>
      {error === null ? null : (
        <ErrorState className="m-4" title="The variables could not be read" detail={error.message} onRetry={reread} />
      )}
      {page.variables.length === 0 ? (
        <EmptyState icon={<Variable />} title="No variables yet">
          <p>Tasks read them as process.env, from the next run on and without a restart.</p>
          <CodeBlock code={`const key = process.env.PAYMENTS_KEY;`} className="mt-3 text-left" />
        </EmptyState>
      ) : shown.length === 0 ? (
        <EmptyState title="No variable has that in its name">{plural(page.variables.length, "variable")} hidden by the search.</EmptyState>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Name</Th>
              <Th>Value</Th>
              <Th className="max-md:hidden">Changed</Th>
              <Th className="w-px">
                <span className="sr-only">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {shown.map((variable) => (
              <VariableLine
                key={variable.name}
                variable={variable}
                file={files.get(variable.name)}
                winner={page.winner}
                refused={refused}
                onChanged={reread}
              />
            ))}
          </tbody>
        </Table>
      )}
      <FilesTable page={page} />
      <ChangesTable changes={page.changes} />
      {open === "add" ? <VariableDialog known={page.variables} onClose={() => setOpen(null)} onChanged={reread} /> : null}
      {open === "paste" ? <PasteDialog onClose={() => setOpen(null)} onChanged={reread} /> : null}
    </div>
  );
}
