"use client";
import { useState } from "react";
import type { ApiKeyRow } from "@/lib/contracts/dashboard";
import { send } from "../auth/request";
import { SecretOnce } from "../ui/secret";
import { Segmented } from "../ui/segmented";
import type { Created } from "./create-key-dialog";
import { SecretDialog } from "./secret-dialog";

const graces = [
  { value: "0", label: "End now" },
  { value: "1", label: "1 h" },
  { value: "24", label: "24 h" },
  { value: "168", label: "7 d" },
] as const;
type Grace = (typeof graces)[number]["value"];

export function RotateKeyDialog({ row, onClose, onRotated }: { row: ApiKeyRow; onClose: () => void; onRotated: () => void }) {
  const [grace, setGrace] = useState<Grace>("24");
  return (
    <SecretDialog
      title={`Rotate key “${row.name}”`}
      description="A new key is made. The old one, and what was signed with it, goes on working for a while, so that you can change your applications without a gap."
      action="Rotate key"
      cancel="Keep as it is"
      make={() => send<Created>(`/api/dashboard/keys/${encodeURIComponent(row.id)}/rotate`, { graceHours: Number(grace) })}
      onMade={onRotated}
      onClose={onClose}
      titleOf={(created) => `New key “${created.row.name}”`}
      renderMade={({ key }) => <SecretOnce value={key} what="key" />}
    >
      {({ problem }) => (
        <div>
          <p className="mb-1 font-medium">The old key works on for</p>
          <Segmented label="Time for which the old key works on" value={grace} onChange={setGrace} options={graces} />
          {problem === undefined ? null : (
            <p role="alert" className="mt-2 text-bad">
              {problem.error}
            </p>
          )}
        </div>
      )}
    </SecretDialog>
  );
}
