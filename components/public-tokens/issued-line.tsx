"use client";
import { useState } from "react";
import type { PublicTokenRow } from "@/lib/contracts/dashboard";
import { ActionButton } from "../auth/permission";
import { send } from "../auth/request";
import { useNow } from "../live/live-provider";
import { Ago } from "../live/time";
import { cn } from "../ui/cn";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { readableText } from "@/lib/view/readable-text";
import { OthersText } from "../ui/others-text";
import { canDo } from "@/lib/tokens/scope-words";

const endedWith = { key: "Ended with its key", person: "Ended with its minter's role" } as const;

export function IssuedLine({ row, refused, onRevoked }: { row: PublicTokenRow; refused: string | undefined; onRevoked: () => void }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const now = useNow(10_000);
  const expired = Date.parse(row.expiresAt) <= now;
  const dead = row.revokedAt !== undefined || row.endedWith !== undefined || expired;

  async function revoke() {
    setBusy(true);
    const answer = await send(`/api/dashboard/public-tokens/${encodeURIComponent(row.id)}/revoke`);
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    setAsking(false);
    onRevoked();
  }

  return (
    <Tr className={cn(dead && "text-faint")}>
      <Td className="max-w-96 py-1.5">
        {row.scopes.map((scope) => (
          <code key={scope} title={readableText(canDo(scope) ?? "")} className="block truncate font-mono text-sm">
            {readableText(scope)}
          </code>
        ))}
      </Td>
      <Td className="max-w-48 truncate">
        {row.note === undefined ? <span className="text-faint">–</span> : <OthersText text={row.note} whole="on hover" />}
      </Td>
      <Td className="whitespace-nowrap">
        <Ago at={row.createdAt} />
        {row.createdBy ? <span className="text-faint"> by {readableText(row.createdBy)}</span> : null}
      </Td>
      <Td className="whitespace-nowrap">{row.lastUsedAt ? <Ago at={row.lastUsedAt} /> : <span className="text-faint">never</span>}</Td>
      <Td className="whitespace-nowrap">
        {row.revokedAt ? (
          <>
            Revoked <Ago at={row.revokedAt} />
          </>
        ) : row.endedWith !== undefined ? (
          endedWith[row.endedWith]
        ) : expired ? (
          <>
            Ended <Ago at={row.expiresAt} />
          </>
        ) : (
          <span className="flex items-center gap-2">
            <Badge tone="good">active</Badge> ends <Ago at={row.expiresAt} />
            {row.oneTime ? <Badge>one time</Badge> : null}
          </span>
        )}
      </Td>
      <Td className="text-right">
        {dead ? null : (
          <ActionButton size="sm" look="ghost" refused={refused} onClick={() => setAsking(true)}>
            Revoke
          </ActionButton>
        )}
        <ConfirmDialog
          open={asking}
          onOpenChange={setAsking}
          title="Revoke this token?"
          description={`Applications that hold it are refused from now on, and their open subscriptions end. It allowed: ${readableText(row.scopes.join(", "))}.`}
          action="Revoke token"
          busy={busy}
          error={error}
          onConfirm={() => void revoke()}
        />
      </Td>
    </Tr>
  );
}
