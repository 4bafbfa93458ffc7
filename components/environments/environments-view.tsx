"use client";
import { useQuery } from "@tanstack/react-query";
import { GitBranch, Plus } from "lucide-react";
import { useState } from "react";
import type { z } from "zod";
import type { EnvironmentList } from "@/lib/contracts/environment";
import { ActionButton, ReadOnlyNote, refusal } from "../auth/permission";
import { send } from "../auth/request";
import { useRefresh } from "../frame/leaving";
import { useMe } from "../frame/me";
import { getJson } from "../live/api";
import { lazilyDialog } from "../ui/dialog";
import { PanelHead } from "../ui/page";
import { ErrorState } from "../ui/state";
import { Table, Th } from "../ui/table";
import { EnvironmentLine } from "./environment-line";

const CreateEnvironmentDialog = lazilyDialog(async () => (await import("./create-environment-dialog")).CreateEnvironmentDialog);
const NameDialog = lazilyDialog(async () => (await import("./name-dialog")).NameDialog);

type Page = z.infer<typeof EnvironmentList>;

export function EnvironmentsView({ initial }: { initial: Page }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["environments"],
    queryFn: ({ signal }) => getJson<Page>("/api/dashboard/environments", signal),
    initialData: initial,
  });
  const [creating, setCreating] = useState<"environment" | "branch" | null>(null);
  const me = useMe();
  const refresh = useRefresh();
  const refused = refusal(me.user.role, "admin");
  const hasPreview = data.environments.some(
    ({ type, branch, archivedAt }) => type === "PREVIEW" && branch === undefined && archivedAt === undefined,
  );
  // The switcher in the frame shows them too.
  const changed = () => {
    void refetch();
    refresh();
  };

  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <ReadOnlyNote refused={refused} />
      <PanelHead title="Environments" detail="keys, variables, queues, versions and runs of its own in each">
        {hasPreview ? (
          <ActionButton size="sm" refused={refusal(me.user.role, "operator")} onClick={() => setCreating("branch")}>
            <GitBranch className="size-3.5" /> Create branch
          </ActionButton>
        ) : null}
        <ActionButton size="sm" look="primary" refused={refused} onClick={() => setCreating("environment")}>
          <Plus className="size-3.5" /> Create environment
        </ActionButton>
      </PanelHead>
      {error === null ? null : (
        <ErrorState className="m-4" title="The environments could not be read" detail={error.message} onRetry={() => void refetch()} />
      )}
      <Table>
        <thead>
          <tr>
            <Th>Name</Th>
            <Th className="max-sm:hidden">Slug</Th>
            <Th className="max-md:hidden">Type</Th>
            <Th className="max-xl:hidden">Created</Th>
            <Th>State</Th>
            <Th className="w-px">
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {data.environments.map((environment) => (
            <EnvironmentLine
              key={environment.id}
              row={environment}
              isShown={environment.id === me.environment.id}
              refused={refused}
              onChanged={changed}
            />
          ))}
        </tbody>
      </Table>
      <p className="max-w-3xl px-4 py-5 text-muted">
        {data.environments.length === 1
          ? "This server has its main environment alone. A second one, such as staging, runs the same builds apart from it: make it here, then deploy a version to it from Deployments."
          : "A key, a token or an id of one environment is unknown in every other one. Deploy a version to another environment from Deployments."}
      </p>
      {creating === "environment" ? (
        <CreateEnvironmentDialog origin={me.origin} hasPreview={hasPreview} onClose={() => setCreating(null)} onCreated={changed} />
      ) : null}
      {creating === "branch" ? (
        <NameDialog
          title="Create a preview branch"
          description="An environment of its own under the preview environment's key. Clients name it as previewBranch, or in TRIGGER_PREVIEW_BRANCH."
          label="Branch"
          maxLength={255}
          missing="Name a git branch, such as feature/search"
          action="Create branch"
          className="font-mono"
          submit={(branch) => send(`/api/v1/projects/${encodeURIComponent(me.project.ref)}/branches`, { branch })}
          onClose={() => setCreating(null)}
          onDone={changed}
        />
      ) : null}
    </div>
  );
}
