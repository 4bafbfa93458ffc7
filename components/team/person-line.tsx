"use client";
import { useState } from "react";
import type { Role } from "@/lib/contracts/dashboard";
import type { PersonRow } from "@/lib/contracts/people";
import { ActionButton } from "../auth/permission";
import { send } from "../auth/request";
import { Ago } from "../live/time";
import { NativeSelect } from "../ui/input";
import { lazily } from "../ui/lazily";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { roleWords } from "./roles";

const ResetDialog = lazily(async () => (await import("./reset-dialog")).ResetDialog);
const RemoveDialog = lazily(async () => (await import("./remove-dialog")).RemoveDialog);

interface PersonLineProps {
  person: PersonRow;
  isMe: boolean;
  refused: string | undefined;
  onChanged: () => void;
}

export function PersonLine({ person, isMe, refused, onChanged }: PersonLineProps) {
  const [open, setOpen] = useState<"reset" | "remove" | null>(null);
  const own = isMe ? "This is you: another admin can change your role or remove you." : undefined;
  return (
    <Tr>
      <Td className="max-w-72 max-sm:max-w-28">
        <span className="flex min-w-0 items-center gap-2">
          <span className="truncate font-medium" title={person.name}>
            {person.name}
          </span>
          {isMe ? <Badge>you</Badge> : null}
        </span>
        <span className="block truncate text-sm text-faint sm:hidden" title={person.email}>
          {person.email}
        </span>
      </Td>
      <Td className="max-w-72 max-sm:hidden">
        <span className="block truncate" title={person.email}>
          {person.email}
        </span>
      </Td>
      <Td className="whitespace-nowrap">
        {refused === undefined && !isMe ? <RoleSelect person={person} onChanged={onChanged} /> : person.role}
      </Td>
      <Td className="whitespace-nowrap max-md:hidden">
        <Ago at={person.createdAt} />
      </Td>
      <Td className="whitespace-nowrap max-md:hidden">
        {person.lastSignInAt ? <Ago at={person.lastSignInAt} /> : <span className="text-faint">not signed in</span>}
      </Td>
      <Td>
        <span className="flex justify-end gap-1 max-sm:flex-col max-sm:items-end">
          <ActionButton size="sm" look="ghost" refused={refused} onClick={() => setOpen("reset")}>
            Reset password
          </ActionButton>
          <ActionButton size="sm" look="ghost" refused={refused ?? own} onClick={() => setOpen("remove")}>
            Remove
          </ActionButton>
        </span>
        {open === "reset" ? <ResetDialog person={person} onClose={() => setOpen(null)} /> : null}
        {open === "remove" ? <RemoveDialog person={person} onClose={() => setOpen(null)} onRemoved={onChanged} /> : null}
      </Td>
    </Tr>
  );
}

function RoleSelect({ person, onChanged }: { person: PersonRow; onChanged: () => void }) {
  const [wanted, setWanted] = useState<Role>();
  const [error, setError] = useState<string>();

  async function choose(role: Role) {
    setWanted(role);
    setError(undefined);
    const answer = await send(`/api/dashboard/people/${encodeURIComponent(person.id)}/role`, { role });
    if (!answer.ok) setError(answer.problem.error);
    onChanged();
    setWanted(undefined);
  }

  return (
    <>
      <NativeSelect
        aria-label={`Role of ${person.name}`}
        className="h-7 w-auto"
        disabled={wanted !== undefined}
        value={wanted ?? person.role}
        onChange={(event) => {
          const chosen = roleWords.find((word) => word.role === event.target.value);
          if (chosen !== undefined) void choose(chosen.role);
        }}
      >
        {roleWords.map(({ role }) => (
          <option key={role} value={role}>
            {role}
          </option>
        ))}
      </NativeSelect>
      {error ? (
        <p role="alert" className="max-w-60 text-sm whitespace-normal text-bad">
          {error}
        </p>
      ) : null}
    </>
  );
}
