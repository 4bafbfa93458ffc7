"use client";
import { useState } from "react";
import type { InvitationRow } from "@/lib/contracts/people";
import { send } from "../auth/request";
import { Ago, Until } from "../live/time";
import { Button } from "../ui/button";
import { Td, Tr } from "../ui/table";

export function InvitationLine({ invitation, onChanged }: { invitation: InvitationRow; onChanged: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function withdraw() {
    setBusy(true);
    const answer = await send(`/api/dashboard/people/invitations/${encodeURIComponent(invitation.id)}/withdraw`);
    setBusy(false);
    // Gone already, used perhaps: the list says what there is.
    if (!answer.ok && answer.problem.status !== 404) return setError(answer.problem.error);
    onChanged();
  }

  return (
    <Tr>
      <Td className="max-w-72 max-sm:max-w-40">
        <span className="block truncate" title={invitation.email}>
          {invitation.email}
        </span>
        {error ? (
          <p role="alert" className="text-sm text-bad">
            {error}
          </p>
        ) : null}
      </Td>
      <Td>{invitation.role}</Td>
      <Td className="whitespace-nowrap max-md:hidden">
        <Ago at={invitation.createdAt} /> <span className="text-faint">by {invitation.createdBy}</span>
      </Td>
      <Td className="whitespace-nowrap">
        for <Until at={invitation.expiresAt} className="font-mono" />
      </Td>
      <Td className="text-right">
        <Button size="sm" look="ghost" busy={busy} onClick={() => void withdraw()}>
          Withdraw
        </Button>
      </Td>
    </Tr>
  );
}
