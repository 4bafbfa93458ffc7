"use client";
import { Send, Trash2 } from "lucide-react";
import { useState } from "react";
import type { AlertChannel } from "@/lib/contracts/alerts";
import { readableText } from "@/lib/view/readable-text";
import { ActionButton } from "../auth/permission";
import { send } from "../auth/request";
import { Ago } from "../live/time";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { OthersText } from "../ui/others-text";
import { Table, Td, Th, Tr } from "../ui/table";
import { toast } from "../ui/toast";
import { kindWords } from "./channel-dialog";

export const ChannelLines = ({
  channels,
  refused,
  onChanged,
}: {
  channels: readonly AlertChannel[];
  refused: string | undefined;
  onChanged: () => void;
}) => (
  <Table>
    <thead>
      <tr>
        <Th>Channel</Th>
        <Th className="max-sm:hidden">Kind</Th>
        <Th className="max-sm:hidden">Tells</Th>
        <Th className="max-lg:hidden">Made</Th>
        <Th className="w-px">
          <span className="sr-only">Actions</span>
        </Th>
      </tr>
    </thead>
    <tbody>
      {channels.map((channel) => (
        <ChannelLine key={channel.id} channel={channel} refused={refused} onChanged={onChanged} />
      ))}
    </tbody>
  </Table>
);

function ChannelLine({ channel, refused, onChanged }: { channel: AlertChannel; refused: string | undefined; onChanged: () => void }) {
  const [busy, setBusy] = useState<"test" | "delete" | null>(null);
  const [isDeleting, setDeleting] = useState(false);
  const [error, setError] = useState<string>();

  async function act(what: "test" | "delete") {
    setBusy(what);
    const answer = await send(`/api/dashboard/alert-channels/${encodeURIComponent(channel.id)}/${what}`);
    setBusy(null);
    if (what === "test")
      toast[answer.ok ? "success" : "error"](answer.ok ? `${readableText(channel.name)} has taken the test` : answer.problem.error);
    else if (answer.ok) onChanged();
    else setError(answer.problem.error);
  }

  return (
    <Tr>
      <Td className="max-w-60 truncate max-sm:max-w-32">
        <OthersText text={channel.name} whole="on hover" />
      </Td>
      <Td className="max-sm:hidden">{kindWords[channel.kind]}</Td>
      <Td className="max-w-80 truncate font-mono text-sm max-sm:hidden">
        <OthersText text={channel.shown} whole="on hover" />
      </Td>
      <Td className="whitespace-nowrap text-muted max-lg:hidden">
        <Ago at={channel.createdAt} />
      </Td>
      <Td>
        <span className="flex gap-1">
          <ActionButton size="sm" busy={busy === "test"} refused={refused} onClick={() => void act("test")}>
            <Send aria-hidden className="size-3.5" /> Test
          </ActionButton>
          <ActionButton
            size="sm"
            look="ghost"
            refused={refused}
            aria-label={`Delete channel ${readableText(channel.name)}`}
            onClick={() => setDeleting(true)}
          >
            <Trash2 aria-hidden className="size-3.5" />
          </ActionButton>
        </span>
        <ConfirmDialog
          open={isDeleting}
          onOpenChange={setDeleting}
          title={`Delete channel ${readableText(channel.name)}?`}
          description="Alerts that tell it go on without it."
          action="Delete channel"
          busy={busy === "delete"}
          error={error}
          onConfirm={() => void act("delete")}
        />
      </Td>
    </Tr>
  );
}
