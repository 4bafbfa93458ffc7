"use client";
import { useState } from "react";
import type { ApiKeyRow } from "@/lib/contracts/dashboard";
import { ActionButton } from "../auth/permission";
import { useNow } from "../live/live-provider";
import { Ago, Until } from "../live/time";
import { cn } from "../ui/cn";
import { lazilyDialog } from "../ui/dialog";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { readableText } from "@/lib/view/readable-text";
import { OthersText } from "../ui/others-text";
import { presetWords } from "./presets";

const RotateKeyDialog = lazilyDialog(async () => (await import("./rotate-key-dialog")).RotateKeyDialog);
const RevokeKeyDialog = lazilyDialog(async () => (await import("./revoke-key-dialog")).RevokeKeyDialog);

export function KeyLine({ row, refused, onChanged }: { row: ApiKeyRow; refused: string | undefined; onChanged: () => void }) {
  const [open, setOpen] = useState<"rotate" | "revoke" | null>(null);
  const now = useNow(60_000);
  const expired = row.expiresAt !== undefined && Date.parse(row.expiresAt) <= now;
  const dead = row.revokedAt !== undefined || expired;
  return (
    <Tr className={cn(dead && "text-faint")}>
      <Td className="max-w-64 max-sm:max-w-32">
        <span className="flex min-w-0 items-center gap-2">
          <span className={cn("truncate", !dead && "font-medium")}>
            <OthersText text={row.name} whole="on hover" />
          </span>
          {row.isRoot ? <Badge>root</Badge> : null}
        </span>
      </Td>
      <Td className="font-mono text-sm whitespace-nowrap max-sm:hidden">{row.display}</Td>
      <Td className="max-w-56 max-lg:hidden" title={presetWords[row.preset].about}>
        <span className="block truncate">
          {presetWords[row.preset].title}
          {row.tasks.length === 0 ? null : <span className="text-faint"> of {row.tasks.map(readableText).join(", ")}</span>}
        </span>
      </Td>
      <Td className="whitespace-nowrap max-md:hidden">
        <Ago at={row.createdAt} />
        {row.createdBy ? <span className="text-faint"> by {readableText(row.createdBy)}</span> : null}
      </Td>
      <Td className="whitespace-nowrap max-md:hidden">
        {row.lastUsedAt ? <Ago at={row.lastUsedAt} /> : <span className="text-faint">never</span>}
      </Td>
      <Td className="whitespace-nowrap">
        {row.revokedAt ? (
          <>
            Revoked <Ago at={row.revokedAt} />
          </>
        ) : expired ? (
          row.rotatedAt ? (
            "Ended after rotation"
          ) : (
            "Ended"
          )
        ) : row.expiresAt ? (
          <Badge tone={row.rotatedAt ? "needs" : "good"}>
            {row.rotatedAt ? "rotated, works for " : "active for "}
            <Until at={row.expiresAt} className="font-mono" />
          </Badge>
        ) : (
          <Badge tone="good">active</Badge>
        )}
      </Td>
      <Td>
        {dead ? null : (
          <span className="flex justify-end gap-1">
            {row.rotatedAt === undefined ? (
              <ActionButton size="sm" look="ghost" refused={refused} onClick={() => setOpen("rotate")}>
                Rotate
              </ActionButton>
            ) : null}
            <ActionButton size="sm" look="ghost" refused={refused} onClick={() => setOpen("revoke")}>
              Revoke
            </ActionButton>
          </span>
        )}
        {open === "rotate" ? <RotateKeyDialog row={row} onClose={() => setOpen(null)} onRotated={onChanged} /> : null}
        {open === "revoke" ? <RevokeKeyDialog row={row} onClose={() => setOpen(null)} onRevoked={onChanged} /> : null}
      </Td>
    </Tr>
  );
}
