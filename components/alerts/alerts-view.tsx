"use client";
import { useQuery } from "@tanstack/react-query";
import { BellRing, Plus } from "lucide-react";
import { useState, useSyncExternalStore } from "react";
import type { AlertsPage } from "@/lib/contracts/alerts";
import { plural } from "@/lib/view/format";
import { ActionButton, ReadOnlyNote, refusal } from "../auth/permission";
import { useMe } from "../frame/me";
import { useUrlState } from "../frame/url-state";
import { getJson, messageOf } from "../live/api";
import { usePolling, useReadAgain } from "../live/hooks";
import { lazilyDialog } from "../ui/dialog";
import { PanelHead } from "../ui/page";
import { EmptyState, ErrorState } from "../ui/state";
import { Table, Th } from "../ui/table";
import { ChannelLines } from "./channel-lines";
import { draftFromParams, emptyDraft } from "./draft";
import { EventLines } from "./event-lines";
import { RuleLine } from "./rule-line";

const RuleDialog = lazilyDialog(async () => (await import("./rule-dialog")).RuleDialog);
const ChannelDialog = lazilyDialog(async () => (await import("./channel-dialog")).ChannelDialog);
const queryKey = ["alerts"];
const never = () => () => undefined;

export function AlertsView({ initial }: { initial: AlertsPage }) {
  const { interval, measure } = usePolling();
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => measure(() => getJson<AlertsPage>("/api/dashboard/alerts", signal)),
    initialData: initial,
    refetchInterval: interval,
  });
  useReadAgain("alerts", queryKey);
  const [params, setParams] = useUrlState("replace");
  const inBrowser = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  // A dialog stands outside of the page, which the server does not render.
  const asked = inBrowser ? draftFromParams(params) : null;
  const [open, setOpen] = useState<"rule" | "channel" | null>(null);
  const { role } = useMe().user;
  const refused = refusal(role, "operator");
  const refusedChannels = refusal(role, "admin");
  const { rules, channels, events } = data;
  const firing = rules.filter(({ state }) => state === "firing").length;
  const changed = () => void refetch();

  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <ReadOnlyNote refused={refused} />
      <PanelHead
        title="Alerts"
        detail={rules.length === 0 ? undefined : `${plural(rules.length, "alert")}, ${firing} firing; measured every 15 seconds`}
      >
        <ActionButton size="sm" refused={refused} onClick={() => setOpen("rule")}>
          <Plus aria-hidden className="size-3.5" /> New alert
        </ActionButton>
      </PanelHead>
      {error === null ? null : (
        <ErrorState className="m-4" title="The alerts could not be read" detail={messageOf(error)} onRetry={changed} />
      )}
      {rules.length === 0 ? (
        <EmptyState icon={<BellRing />} title="No alerts yet">
          An alert watches how runs do, such as failures of a task in 15 minutes, and tells people or programs when that is beyond its
          bound. Before you save one, it is drawn over the last 30 days.
        </EmptyState>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Alert</Th>
              <Th>State</Th>
              <Th className="text-right max-sm:hidden">Now</Th>
              <Th className="max-xl:hidden">Tells</Th>
              <Th className="max-md:hidden">
                <span className="sr-only">Acknowledged</span>
              </Th>
              <Th className="w-px">
                <span className="sr-only">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <RuleLine key={rule.id} rule={rule} channels={channels} refused={refused} onChanged={changed} />
            ))}
          </tbody>
        </Table>
      )}
      <section aria-label="Channels" className="mt-4 border-t border-line">
        <PanelHead title="Channels" detail="e-mail, signed webhooks and Slack">
          <ActionButton size="sm" refused={refusedChannels} onClick={() => setOpen("channel")}>
            <Plus aria-hidden className="size-3.5" /> New channel
          </ActionButton>
        </PanelHead>
        {channels.length === 0 ? (
          <p className="px-4 py-3 text-faint">No channel yet: what fires is told on this page alone.</p>
        ) : (
          <ChannelLines channels={channels} refused={refusedChannels} onChanged={changed} />
        )}
      </section>
      {events.length === 0 ? null : (
        <section aria-label="History" className="mt-4 border-t border-line">
          <PanelHead title="History" />
          <EventLines rules={rules} channels={channels} events={events} />
        </section>
      )}
      {open === "rule" || asked !== null ? (
        <RuleDialog
          draft={asked ?? emptyDraft}
          channels={channels}
          onClose={() => {
            setOpen(null);
            if (asked !== null) setParams({ new: null, task: null, queue: null });
          }}
          onSaved={changed}
        />
      ) : null}
      {open === "channel" ? <ChannelDialog onClose={() => setOpen(null)} onCreated={changed} /> : null}
    </div>
  );
}
