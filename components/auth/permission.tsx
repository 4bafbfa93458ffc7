"use client";
import { Lock } from "lucide-react";
import type { Role } from "@/lib/contracts/dashboard";
import { useOffline } from "../live/hooks";
import { Button, type ButtonProps } from "../ui/button";
import { Tooltip } from "../ui/tooltip";

const rank: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };
const article: Record<Role, string> = { viewer: "a viewer", operator: "an operator", admin: "an admin" };

/** Why the role may not act, and who can change that; undefined when it may. The server decides again. */
export const refusal = (role: Role, needs: Role): string | undefined =>
  rank[role] >= rank[needs] ? undefined : `You are ${article[role]} here. An admin of this server can make you ${article[needs]}.`;

/** A button that says why it is off instead of being silently grey. */
export function ActionButton({ refused: byRole, disabled, onClick, ...rest }: ButtonProps & { refused: string | undefined }) {
  const offline = useOffline();
  const refused = byRole ?? offline;
  if (refused === undefined) return <Button disabled={disabled} onClick={onClick} {...rest} />;
  return (
    <Tooltip text={refused}>
      <Button aria-disabled aria-description={refused} {...rest} onClick={(event) => event.preventDefault()} type="button" />
    </Tooltip>
  );
}

export const ReadOnlyNote = ({ refused }: { refused: string | undefined }) =>
  refused === undefined ? null : (
    <p className="flex items-center gap-2 border-b border-line bg-panel px-4 py-1.5 text-muted">
      <Lock aria-hidden className="size-3.5 shrink-0" /> {refused}
    </p>
  );
