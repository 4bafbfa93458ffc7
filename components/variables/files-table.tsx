"use client";
import type { VariablesPage } from "@/lib/contracts/variables";
import { readableText } from "@/lib/view/readable-text";
import { PanelHead } from "../ui/page";
import { Table, Td, Th, Tr } from "../ui/table";

/** What tasks have besides: names in the project's .env files. */
export function FilesTable({ page: { files, winner, variables } }: { page: VariablesPage }) {
  const stored = new Set(variables.map(({ name }) => name));
  if (files.length === 0) return null;
  return (
    <section aria-label="Variables in files" className="border-t border-line">
      <PanelHead
        title="In the project's files"
        detail={winner === "files" ? "in development they win over what is stored here" : "what is stored here wins over them"}
      />
      <Table>
        <thead>
          <tr>
            <Th>Name</Th>
            <Th>File</Th>
            <Th className="max-sm:hidden">Counts</Th>
          </tr>
        </thead>
        <tbody>
          {files.map(({ name, file }) => (
            <Tr key={name}>
              <Td className="max-w-80 truncate font-mono max-sm:max-w-44" title={readableText(name)}>
                {readableText(name)}
              </Td>
              <Td className="font-mono text-muted">{file}</Td>
              <Td className="max-sm:hidden">
                {stored.has(name) && winner === "stored" ? <span className="text-faint">no, stored</span> : "yes"}
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
