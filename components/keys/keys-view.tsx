"use client";
import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { ApiKeysPage } from "@/lib/contracts/dashboard";
import { ActionButton, ReadOnlyNote, refusal } from "../auth/permission";
import { useMe } from "../frame/me";
import { useNow } from "../live/live-provider";
import { getJson } from "../live/api";
import { CodeBlock } from "../ui/code-block";
import { lazilyDialog } from "../ui/dialog";
import { Link } from "../ui/link";
import { PanelHead } from "../ui/page";
import { EmptyState, ErrorState } from "../ui/state";
import { Table, Th } from "../ui/table";
import { KeyLine } from "./key-line";

const CreateKeyDialog = lazilyDialog(async () => (await import("./create-key-dialog")).CreateKeyDialog);

type Page = z.infer<typeof ApiKeysPage>;

export function KeysView({ initial }: { initial: Page }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["keys"],
    queryFn: ({ signal }) => getJson<Page>("/api/dashboard/keys", signal),
    initialData: initial,
  });
  const [creating, setCreating] = useState(false);
  const me = useMe();
  const now = useNow(60_000);
  const refused = refusal(me.user.role, "admin");
  const isLive = (key: Page["keys"][number]) =>
    key.revokedAt === undefined && (key.expiresAt === undefined || Date.parse(key.expiresAt) > now);
  // Live keys first; within each the newest.
  const keys = data.keys.toSorted((a, b) => Number(isLive(b)) - Number(isLive(a)) || b.createdAt.localeCompare(a.createdAt));
  const first = keys.find((key) => key.revokedAt === undefined);

  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <ReadOnlyNote refused={refused} />
      <PanelHead title="Secret keys" detail={`environment ${me.environment.slug}`}>
        <ActionButton size="sm" look="primary" refused={refused} onClick={() => setCreating(true)}>
          <Plus className="size-3.5" /> Create key
        </ActionButton>
      </PanelHead>
      {error === null ? null : (
        <ErrorState className="m-4" title="The keys could not be read" detail={error.message} onRetry={() => void refetch()} />
      )}
      {keys.length === 0 ? (
        <EmptyState icon={<KeyRound />} title="No keys yet">
          A backend needs a secret key to trigger and read runs of this environment.
        </EmptyState>
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Name</Th>
              <Th className="max-sm:hidden">Key</Th>
              <Th className="max-lg:hidden">May do</Th>
              <Th className="max-md:hidden">Created</Th>
              <Th className="max-md:hidden">Last used</Th>
              <Th>State</Th>
              <Th className="w-px">
                <span className="sr-only">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <KeyLine key={key.id} row={key} refused={refused} onChanged={() => void refetch()} />
            ))}
          </tbody>
        </Table>
      )}
      <section className="max-w-3xl px-4 py-5">
        <h2 className="text-lg font-semibold">Point an application at this server</h2>
        <p className="mt-1 mb-3 text-muted">
          The published <code className="font-mono">@trigger.dev/sdk</code> 4.x works unchanged: give your backend these two variables. Keep
          the second out of browsers; for those make a{" "}
          <Link href="/public-tokens" prefetch={false} className="underline">
            public token
          </Link>
          .
        </p>
        <CodeBlock label="Copy address" code={`TRIGGER_API_URL=${me.origin}`} />
        <p className="mt-2 text-muted">
          <code className="font-mono">TRIGGER_SECRET_KEY</code> is a key as it was shown when it was made. It is kept nowhere
          {first === undefined ? (
            ""
          ) : (
            <>
              , so of <code className="font-mono">{first.display}</code> only the end is known here
            </>
          )}
          ; create or rotate one to see one.
        </p>
        <CodeBlock
          className="mt-3"
          label="Copy example"
          code={`import { runs, tasks } from "@trigger.dev/sdk";\n\nconst run = await tasks.trigger("my-task", { hello: "world" });\nfor await (const now of runs.subscribeToRun(run.id)) console.log(now.status);`}
        />
      </section>
      {creating ? <CreateKeyDialog origin={me.origin} onClose={() => setCreating(false)} onCreated={() => void refetch()} /> : null}
    </div>
  );
}
