"use client";
import { valueWords } from "@/lib/alerts/words";
import type { AlertEvent, AlertsPage } from "@/lib/contracts/alerts";
import { plural } from "@/lib/view/format";
import { readableText } from "@/lib/view/readable-text";
import { Ago } from "../live/time";
import { cn } from "../ui/cn";
import { OthersText } from "../ui/others-text";
import { Table, Td, Th, Tr } from "../ui/table";

/** What fired and was resolved, and how telling it went. */
export const EventLines = ({ events, rules, channels }: AlertsPage) => (
  <Table>
    <thead>
      <tr>
        <Th>When</Th>
        <Th>Alert</Th>
        <Th>What</Th>
        <Th className="text-right max-sm:hidden">Value</Th>
        <Th className="max-sm:hidden">Told</Th>
      </tr>
    </thead>
    <tbody>
      {events.map((event) => {
        const rule = rules.find(({ id }) => id === event.ruleId);
        return (
          <Tr key={event.id}>
            <Td className="whitespace-nowrap text-muted">
              <Ago at={event.at} />
            </Td>
            <Td className="max-w-72 truncate max-sm:max-w-36">
              <OthersText text={rule?.name ?? event.ruleId} whole="on hover" />
            </Td>
            <Td className={cn("whitespace-nowrap", event.kind === "firing" ? "text-bad" : "text-muted")}>
              {event.kind === "firing" ? "Fired" : "Resolved"}
            </Td>
            <Td className="text-right font-mono whitespace-nowrap max-sm:hidden">
              {rule === undefined || rule.condition.measure === "silence" ? "–" : valueWords(rule.condition, event.value)}
            </Td>
            <Td className="text-sm max-sm:hidden">
              {event.muted ? (
                <span className="text-muted">nobody: it was muted</span>
              ) : event.deliveries.length === 0 ? (
                <span className="text-faint">nobody</span>
              ) : (
                event.deliveries.map((telling) => (
                  <Telling
                    key={telling.channel}
                    telling={telling}
                    name={channels.find(({ id }) => id === telling.channel)?.name ?? telling.channel}
                  />
                ))
              )}
            </Td>
          </Tr>
        );
      })}
    </tbody>
  </Table>
);

function Telling({ telling: { state, attempts, error }, name }: { telling: AlertEvent["deliveries"][number]; name: string }) {
  const tries = attempts > 1 ? ` at try ${attempts}` : "";
  return (
    <span className="block" title={error === undefined ? undefined : readableText(error)}>
      {readableText(name)}{" "}
      {state === "delivered" ? (
        <span className="text-muted">taken{tries}</span>
      ) : state === "failed" ? (
        <span className="text-bad">
          given up after {plural(attempts, "try", "tries")}: {readableText(error ?? "")}
        </span>
      ) : (
        <span className="text-needs">{error === undefined ? "on its way" : `will be tried again: ${readableText(error)}`}</span>
      )}
    </span>
  );
}
