"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { PersonalTokenRow, PersonalTokensPage } from "@/lib/contracts/dashboard";
import { getJson } from "../live/api";
import { useNow } from "../live/live-provider";
import { Ago, Until } from "../live/time";
import { Button } from "../ui/button";
import { cn } from "../ui/cn";
import { lazilyDialog } from "../ui/dialog";
import { OthersText } from "../ui/others-text";
import { PanelHead } from "../ui/page";
import { SkeletonRows } from "../ui/skeleton";
import { ErrorState } from "../ui/state";
import { Table, Td, Th, Tr } from "../ui/table";
import { Badge } from "../ui/tag";

const RevokeTokenDialog = lazilyDialog(async () => (await import("./revoke-token-dialog")).RevokeTokenDialog);
const CreateTokenDialog = lazilyDialog(async () => (await import("./create-token-dialog")).CreateTokenDialog);

/** A person's own credentials for the command line. */
export function PersonalTokens() {
  const { data, error, refetch } = useQuery({
    queryKey: ["personal-tokens"],
    queryFn: ({ signal }) => getJson<PersonalTokensPage>("/api/dashboard/personal-tokens", signal),
  });
  const [creating, setCreating] = useState(false);
  const changed = () => void refetch();
  return (
    <>
      <PanelHead title="Personal access tokens" detail="for the command line; they act as you" className="border-t">
        <Button size="sm" onClick={() => setCreating(true)}>
          <Plus className="size-3.5" /> Create token
        </Button>
      </PanelHead>
      {error === null ? null : <ErrorState className="m-4" title="The tokens could not be read" detail={error.message} onRetry={changed} />}
      {data === undefined ? (
        error === null ? (
          <SkeletonRows rows={2} />
        ) : null
      ) : data.tokens.length === 0 ? (
        <p className="px-4 py-4 text-muted">
          None yet. The published command line keeps one under <code className="font-mono">TRIGGER_ACCESS_TOKEN</code>.
        </p>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Name</Th>
              <Th className="max-sm:hidden">Token</Th>
              <Th className="max-md:hidden">Created</Th>
              <Th className="max-md:hidden">Last used</Th>
              <Th>State</Th>
              <Th className="w-px">
                <span className="sr-only">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {data.tokens.map((row) => (
              <TokenLine key={row.id} row={row} onChanged={changed} />
            ))}
          </tbody>
        </Table>
      )}
      {creating ? <CreateTokenDialog onClose={() => setCreating(false)} onCreated={changed} /> : null}
    </>
  );
}

function TokenLine({ row, onChanged }: { row: PersonalTokenRow; onChanged: () => void }) {
  const [asking, setAsking] = useState(false);
  const now = useNow(60_000);
  const ended = row.expiresAt !== undefined && Date.parse(row.expiresAt) <= now;
  const dead = row.revokedAt !== undefined || ended;
  return (
    <Tr className={cn(dead && "text-faint")}>
      <Td className="max-w-64 max-sm:max-w-32">
        <span className="block truncate">
          <OthersText text={row.name} whole="on hover" />
        </span>
      </Td>
      <Td className="font-mono text-sm whitespace-nowrap max-sm:hidden">{row.display}</Td>
      <Td className="whitespace-nowrap max-md:hidden">
        <Ago at={row.createdAt} />
      </Td>
      <Td className="whitespace-nowrap max-md:hidden">
        {row.lastUsedAt ? <Ago at={row.lastUsedAt} /> : <span className="text-faint">never</span>}
      </Td>
      <Td className="whitespace-nowrap">
        {row.revokedAt ? (
          <>
            Revoked <Ago at={row.revokedAt} />
          </>
        ) : ended ? (
          "Ended"
        ) : (
          <Badge tone="good">
            active
            {row.expiresAt ? (
              <>
                {" "}
                for <Until at={row.expiresAt} className="font-mono" />
              </>
            ) : null}
          </Badge>
        )}
      </Td>
      <Td>
        {dead ? null : (
          <Button size="sm" look="ghost" onClick={() => setAsking(true)}>
            Revoke
          </Button>
        )}
        {asking ? <RevokeTokenDialog row={row} onClose={() => setAsking(false)} onRevoked={onChanged} /> : null}
      </Td>
    </Tr>
  );
}
