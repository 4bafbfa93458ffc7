"use client";
import { useState } from "react";
import { browserName } from "@/lib/view/browser-name";
import type { SessionRow } from "@/lib/contracts/people";
import { send } from "../auth/request";
import { Ago } from "../live/time";
import { Button } from "../ui/button";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { toast } from "../ui/toast";

export function SessionLine({ session, onChanged }: { session: SessionRow; onChanged: () => void }) {
  const [busy, setBusy] = useState(false);

  async function end() {
    setBusy(true);
    const answer = await send(`/api/dashboard/sessions/${encodeURIComponent(session.id)}/end`);
    setBusy(false);
    if (!answer.ok) toast.error("That session was not ended", { description: answer.problem.error });
    onChanged();
  }

  return (
    <Tr>
      <Td className="max-w-72 max-sm:max-w-40">
        <span className="flex min-w-0 items-center gap-2">
          <span className="truncate" title={session.agent}>
            {browserName(session.agent)}
          </span>
          {session.current ? <Badge tone="good">this one</Badge> : null}
        </span>
      </Td>
      <Td className="font-mono text-sm max-sm:hidden">{session.address ?? ""}</Td>
      <Td className="whitespace-nowrap">
        <Ago at={session.createdAt} />
      </Td>
      <Td className="text-right">
        {session.current ? null : (
          <Button size="sm" look="ghost" busy={busy} onClick={() => void end()}>
            Sign out
          </Button>
        )}
      </Td>
    </Tr>
  );
}
