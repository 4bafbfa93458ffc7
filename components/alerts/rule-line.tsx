"use client";
import { BellOff, BellRing, Check, MoreHorizontal, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { conditionWords, valueWords } from "@/lib/alerts/words";
import type { AlertChannel, AlertRule } from "@/lib/contracts/alerts";
import { readableText } from "@/lib/view/readable-text";
import { send } from "../auth/request";
import { useTint } from "../live/hooks";
import { useClock } from "../live/live-provider";
import { Ago } from "../live/time";
import { ActionButton } from "../auth/permission";
import { IconButton } from "../ui/button";
import { cn } from "../ui/cn";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { lazilyDialog } from "../ui/dialog";
import { Menu, MenuItem } from "../ui/menu";
import { OthersText } from "../ui/others-text";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { toast } from "../ui/toast";
import { draftOf } from "./draft";

const RuleDialog = lazilyDialog(async () => (await import("./rule-dialog")).RuleDialog);

const hourMs = 3_600_000;
const mutes = [
  { ms: hourMs, label: "Mute for an hour" },
  { ms: 24 * hourMs, label: "Mute for a day" },
  { ms: 7 * 24 * hourMs, label: "Mute for a week" },
] as const;

export function RuleLine({
  rule,
  channels,
  refused,
  onChanged,
}: {
  rule: AlertRule;
  channels: readonly AlertChannel[];
  refused: string | undefined;
  onChanged: () => void;
}) {
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const clock = useClock();
  const tinted = useTint(rule.state);
  const isFiring = rule.state === "firing";

  async function act(what: "mute" | "acknowledge" | "delete", body: object = {}) {
    setBusy(true);
    const answer = await send(`/api/dashboard/alerts/${encodeURIComponent(rule.id)}/${what}`, body);
    setBusy(false);
    if (answer.ok) setOpen(null);
    else if (open === null) toast.error(answer.problem.error);
    else setError(answer.problem.error);
    onChanged();
  }

  return (
    <Tr data-alert={rule.id}>
      <Td className="h-12 w-full max-w-0">
        <span className="block truncate font-medium">
          <OthersText text={rule.name} whole="on hover" />
        </span>
        <span className="block truncate text-sm text-muted" title={readableText(conditionWords(rule.condition))}>
          {readableText(conditionWords(rule.condition))}
        </span>
        {rule.problem === undefined ? null : <span className="block text-sm text-needs">{rule.problem}</span>}
      </Td>
      <Td className={cn("whitespace-nowrap", tinted && "tint")}>
        <span className="flex items-center gap-2">
          {isFiring ? (
            <Badge tone="bad">
              <BellRing aria-hidden className="size-3" /> Firing
            </Badge>
          ) : (
            <Badge tone="idle">
              <Check aria-hidden className="size-3" /> Quiet
            </Badge>
          )}
          <span className="text-sm text-faint max-lg:hidden">
            <Ago at={rule.since} />
          </span>
        </span>
      </Td>
      <Td className="text-right font-mono whitespace-nowrap max-sm:hidden">
        {rule.condition.measure === "silence" ? <span className="text-faint">–</span> : valueWords(rule.condition, rule.value)}
      </Td>
      <Td className="max-w-56 truncate text-sm text-muted max-xl:hidden">
        {rule.mutedUntil === undefined ? (
          rule.channels.length === 0 ? (
            "nobody"
          ) : (
            rule.channels
              .map((id) => channels.find((channel) => channel.id === id)?.name ?? id)
              .map(readableText)
              .join(", ")
          )
        ) : (
          <span className="flex items-center gap-1 text-needs">
            <BellOff aria-hidden className="size-3" /> muted, ends <Ago at={rule.mutedUntil} />
          </span>
        )}
      </Td>
      <Td className="whitespace-nowrap max-md:hidden">
        {!isFiring ? null : rule.acknowledgedBy === undefined ? (
          <ActionButton size="sm" busy={busy} refused={refused} onClick={() => void act("acknowledge")}>
            Acknowledge
          </ActionButton>
        ) : (
          <span className="text-sm text-muted">seen by {readableText(rule.acknowledgedBy)}</span>
        )}
      </Td>
      <Td>
        <Menu
          align="end"
          trigger={
            <IconButton label={`Actions for alert ${readableText(rule.name)}`} size="icon-sm">
              <MoreHorizontal className="size-4" />
            </IconButton>
          }
        >
          {isFiring && rule.acknowledgedBy === undefined ? (
            <MenuItem disabled={refused !== undefined} title={refused} onSelect={() => void act("acknowledge")}>
              <Check className="size-3.5" /> Acknowledge
            </MenuItem>
          ) : null}
          {rule.mutedUntil === undefined ? (
            mutes.map(({ ms, label }) => (
              <MenuItem
                key={label}
                disabled={refused !== undefined}
                title={refused}
                onSelect={() => void act("mute", { until: new Date(clock.now() + ms).toISOString() })}
              >
                <BellOff className="size-3.5" /> {label}
              </MenuItem>
            ))
          ) : (
            <MenuItem disabled={refused !== undefined} title={refused} onSelect={() => void act("mute", { until: null })}>
              <BellRing className="size-3.5" /> Unmute
            </MenuItem>
          )}
          <MenuItem disabled={refused !== undefined} title={refused} onSelect={() => setOpen("edit")}>
            <Pencil className="size-3.5" /> Change…
          </MenuItem>
          <MenuItem disabled={refused !== undefined} title={refused} onSelect={() => setOpen("delete")}>
            <Trash2 className="size-3.5" /> Delete…
          </MenuItem>
        </Menu>
        {open === "edit" ? (
          <RuleDialog
            id={rule.id}
            draft={draftOf(rule.name, rule.condition, rule.channels)}
            channels={channels}
            onClose={() => setOpen(null)}
            onSaved={onChanged}
          />
        ) : null}
        <ConfirmDialog
          open={open === "delete"}
          onOpenChange={(next) => setOpen(next ? "delete" : null)}
          title={`Delete alert ${readableText(rule.name)}?`}
          description="Its history goes with it, and what has not been told yet is told to nobody."
          action="Delete alert"
          busy={busy}
          error={error}
          onConfirm={() => void act("delete")}
        />
      </Td>
    </Tr>
  );
}
