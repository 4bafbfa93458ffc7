"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { PeoplePage } from "@/lib/contracts/people";
import { ActionButton, ReadOnlyNote, refusal } from "../auth/permission";
import { useMe } from "../frame/me";
import { getJson } from "../live/api";
import { lazily } from "../ui/lazily";
import { PanelHead } from "../ui/page";
import { ErrorState } from "../ui/state";
import { Table, Th } from "../ui/table";
import { InvitationLine } from "./invitation-line";
import { PersonLine } from "./person-line";
import { roleWords } from "./roles";

const InviteDialog = lazily(async () => (await import("./invite-dialog")).InviteDialog);

export function TeamView({ initial }: { initial: PeoplePage }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["people"],
    queryFn: ({ signal }) => getJson<PeoplePage>("/api/dashboard/people", signal),
    initialData: initial,
  });
  const [inviting, setInviting] = useState(false);
  const me = useMe();
  const refused = refusal(me.user.role, "admin");
  const changed = () => void refetch();

  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <ReadOnlyNote refused={refused} />
      <PanelHead title="People" detail={`${data.people.length} can sign in`}>
        <ActionButton size="sm" look="primary" refused={refused} onClick={() => setInviting(true)}>
          <Plus className="size-3.5" /> Invite
        </ActionButton>
      </PanelHead>
      {error === null ? null : <ErrorState className="m-4" title="The people could not be read" detail={error.message} onRetry={changed} />}
      <Table>
        <thead>
          <tr>
            <Th>Name</Th>
            <Th className="max-sm:hidden">E-mail</Th>
            <Th>Role</Th>
            <Th className="max-md:hidden">Joined</Th>
            <Th className="max-md:hidden">Last sign-in</Th>
            <Th className="w-px">
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {data.people.map((person) => (
            <PersonLine key={person.id} person={person} isMe={person.id === me.user.id} refused={refused} onChanged={changed} />
          ))}
        </tbody>
      </Table>
      {data.invitations.length === 0 ? null : (
        <>
          <PanelHead title="Invitations" detail="not used yet" className="mt-4" />
          <Table>
            <thead>
              <tr>
                <Th>E-mail</Th>
                <Th>Role</Th>
                <Th className="max-md:hidden">Made</Th>
                <Th>Works</Th>
                <Th className="w-px">
                  <span className="sr-only">Actions</span>
                </Th>
              </tr>
            </thead>
            <tbody>
              {data.invitations.map((invitation) => (
                <InvitationLine key={invitation.id} invitation={invitation} onChanged={changed} />
              ))}
            </tbody>
          </Table>
        </>
      )}
      <section className="max-w-3xl px-4 py-5">
        <h2 className="text-lg font-semibold">What roles may do</h2>
        <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
          {roleWords.map(({ role, may }) => (
            <div key={role} className="contents">
              <dt className="font-medium">{role}</dt>
              <dd className="text-muted">{may}</dd>
            </div>
          ))}
        </dl>
        <p className="mt-3 text-muted">
          Nobody left who can sign in as admin? On the server, <code className="font-mono">signalbox people</code> lists everybody, and{" "}
          <code className="font-mono">signalbox people reset</code> with an address prints a link for a new password.
        </p>
      </section>
      {inviting ? <InviteDialog onClose={() => setInviting(false)} onInvited={changed} /> : null}
    </div>
  );
}
