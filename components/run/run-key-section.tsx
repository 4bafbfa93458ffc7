"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ActionButton, refusal } from "@/components/auth/permission";
import { useMe } from "@/components/frame/me";
import { getJson, messageOf, sendJson } from "@/components/live/api";
import { Instant } from "@/components/live/time";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { CopyValue } from "@/components/ui/copy";
import { OthersText } from "@/components/ui/others-text";
import { Facts } from "@/components/ui/page";
import { ErrorState } from "@/components/ui/state";
import type { RunDetail } from "@/lib/contracts/run";
import type { RunKey, RunKeyPage } from "@/lib/contracts/run-compared";
import { readableText } from "@/lib/view/readable-text";
import { runPath } from "./use-run";

const scopes: Record<NonNullable<RunKey["scope"]>, string> = {
  run: "run: one for each run that makes it",
  attempt: "attempt: one for each attempt that makes it",
  global: "global: one for the task",
};

/** The idempotency key of a run: what it covers, until when, and the way to let the next trigger make a new run. */
export function RunKeySection({ run }: { run: RunDetail }) {
  const queries = useQueryClient();
  const queryKey = ["run-key", run.id, run.status];
  const { data, error, refetch } = useQuery({ queryKey, queryFn: ({ signal }) => getJson<RunKeyPage>(`${runPath(run.id)}/key`, signal) });
  const refused = refusal(useMe().user.role, "operator");
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const key = data?.key ?? null;

  async function reset({ wireKey }: RunKey): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      await sendJson(`/api/v1/idempotencyKeys/${encodeURIComponent(wireKey)}/reset`, { json: { taskIdentifier: run.task } });
      await queries.invalidateQueries({ queryKey: ["run-key"] });
      setAsking(false);
    } catch (failure) {
      setProblem(messageOf(failure));
    } finally {
      setBusy(false);
    }
  }

  return (
    <section aria-label="Idempotency key" className="mt-4 border-t border-line pt-3">
      <h3 className="mb-1 text-sm text-faint">Idempotency key</h3>
      {error === null ? null : <ErrorState title="The key could not be read" detail={messageOf(error)} onRetry={() => void refetch()} />}
      {key === null ? (
        <OthersText text={run.idempotencyKey ?? ""} className="break-words" />
      ) : (
        <>
          <Facts
            facts={[
              ["Key", <CopyValue key="key" text={key.key} />],
              ["Scope", key.scope === undefined ? "not told: the key was given as text" : scopes[key.scope]],
              ["Expires", <Instant key="expires" at={key.expiresAt} />],
              ["Now", key.held ? "a trigger with it gets this run" : "free: the next trigger with it makes a new run"],
            ]}
          />
          {key.held ? (
            <ActionButton size="sm" className="mt-2" refused={refused} onClick={() => setAsking(true)}>
              Reset key
            </ActionButton>
          ) : null}
          <ConfirmDialog
            open={asking}
            onOpenChange={setAsking}
            title="Reset this idempotency key?"
            description={`The next trigger of ${readableText(run.task)} with it makes a new run, although this one may have done the work. The run itself stays as it is.`}
            action="Reset key"
            busy={busy}
            error={problem}
            onConfirm={() => void reset(key)}
          />
        </>
      )}
    </section>
  );
}
