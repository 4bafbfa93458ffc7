"use client";
import { useState } from "react";
import type { z } from "zod";
import type { PersonalTokenCreated } from "@/lib/contracts/dashboard";
import { send } from "../auth/request";
import { NameField } from "../keys/name-field";
import { lifetimes, type Lifetime } from "../keys/presets";
import { SecretDialog } from "../keys/secret-dialog";
import { SecretOnce } from "../ui/secret";
import { Segmented } from "../ui/segmented";

type Created = z.infer<typeof PersonalTokenCreated>;

export function CreateTokenDialog({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const [name, setName] = useState("");
  const [lifetime, setLifetime] = useState<Lifetime>("90");
  return (
    <SecretDialog
      title="Create a personal access token"
      description="Whoever has it reads the project's runs and sets its variables as you, with your role."
      action="Create token"
      make={() =>
        name.trim() === ""
          ? "Name where it will be used, such as “laptop”"
          : send<Created>("/api/dashboard/personal-tokens", {
              name: name.trim(),
              ...(lifetime !== "" && { expiresInDays: Number(lifetime) }),
            })
      }
      onMade={onCreated}
      onClose={onClose}
      titleOf={({ row }) => `Token “${row.name}”`}
      renderMade={({ token }) => <SecretOnce value={token} what="token" />}
    >
      {(form) => (
        <>
          <NameField value={name} onChange={setName} form={form} />
          <div>
            <p className="mb-1 font-medium">Ends after</p>
            <Segmented label="Time after which the token ends" value={lifetime} onChange={setLifetime} options={lifetimes} />
          </div>
        </>
      )}
    </SecretDialog>
  );
}
