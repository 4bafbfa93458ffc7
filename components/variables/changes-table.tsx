"use client";
import type { VariablesPage } from "@/lib/contracts/variables";
import { readableText } from "@/lib/view/readable-text";
import { Ago } from "../live/time";
import { PanelHead } from "../ui/page";
import { Table, Td, Th, Tr } from "../ui/table";

const words = { create: "added", update: "changed", delete: "deleted" } as const;

export function ChangesTable({ changes }: { changes: VariablesPage["changes"] }) {
  if (changes.length === 0) return null;
  return (
    <section aria-label="Changes" className="border-t border-line">
      <PanelHead title="Changes" detail="the last 50; values are not kept" />
      <Table>
        <thead>
          <tr>
            <Th>When</Th>
            <Th>Who</Th>
            <Th>What</Th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ id, at, by, action, name }) => (
            <Tr key={id}>
              <Td className="whitespace-nowrap">
                <Ago at={at} />
              </Td>
              <Td className="max-w-56 truncate max-sm:max-w-28" title={readableText(by)}>
                {readableText(by)}
              </Td>
              <Td className="max-w-96 truncate max-sm:max-w-40" title={name}>
                {words[action]} <span className="font-mono">{name}</span>
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
