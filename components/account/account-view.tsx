"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { z } from "zod";
import type { SessionsPage } from "@/lib/contracts/people";
import { send } from "../auth/request";
import { useMe } from "../frame/me";
import { getJson } from "../live/api";
import { Button } from "../ui/button";
import { Facts, PanelHead } from "../ui/page";
import { ErrorState } from "../ui/state";
import { Table, Th } from "../ui/table";
import { toast } from "../ui/toast";
import { PasswordForm } from "./password-form";
import { PersonalTokens } from "./personal-tokens";
import { SessionLine } from "./session-line";

type Page = z.infer<typeof SessionsPage>;

interface AccountViewProps {
  initial: Page;
  minPassword: number;
  /** The password was changed just now. */
  isChanged: boolean;
}

export function AccountView({ initial, minPassword, isChanged }: AccountViewProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ["sessions"],
    queryFn: ({ signal }) => getJson<Page>("/api/dashboard/sessions", signal),
    initialData: initial,
  });
  const [busy, setBusy] = useState(false);
  const { user } = useMe();
  const changed = () => void refetch();

  async function endOthers() {
    setBusy(true);
    const answer = await send("/api/dashboard/sessions/end-others");
    setBusy(false);
    if (!answer.ok) toast.error("The other sessions were not ended", { description: answer.problem.error });
    changed();
  }

  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <h1 className="px-4 pt-4 text-lg font-semibold">{user.name}</h1>
      <Facts
        className="px-4 py-3"
        facts={[
          ["E-mail", user.email],
          ["Role", user.role],
        ]}
      />
      <PanelHead title="Password" detail="changing it signs you out everywhere else" className="border-t" />
      <div className="px-4 py-4">
        <PasswordForm email={user.email} minPassword={minPassword} isChanged={isChanged} />
      </div>
      <PersonalTokens />
      <PanelHead title="Where you are signed in" detail={`${data.sessions.length}`} className="border-t">
        {data.sessions.length > 1 ? (
          <Button size="sm" busy={busy} onClick={() => void endOthers()}>
            Sign out everywhere else
          </Button>
        ) : null}
      </PanelHead>
      {error === null ? null : (
        <ErrorState className="m-4" title="The sessions could not be read" detail={error.message} onRetry={changed} />
      )}
      <Table>
        <thead>
          <tr>
            <Th>Browser</Th>
            <Th className="max-sm:hidden">Address</Th>
            <Th>Signed in</Th>
            <Th className="w-px">
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {data.sessions.map((session) => (
            <SessionLine key={session.id} session={session} onChanged={changed} />
          ))}
        </tbody>
      </Table>
    </div>
  );
}
