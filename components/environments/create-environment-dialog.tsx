"use client";
import { useState } from "react";
import type { EnvironmentCreated, EnvironmentType } from "@/lib/contracts/environment";
import { clientEnvironment } from "@/lib/tokens/snippets";
import { readableText } from "@/lib/view/readable-text";
import { send, type Problem } from "../auth/request";
import { environmentWords } from "../frame/environment-mark";
import { Button } from "../ui/button";
import { CodeBlock } from "../ui/code-block";
import { Dialog } from "../ui/dialog";
import { Field, Input, NativeSelect } from "../ui/input";
import { SecretOnce } from "../ui/secret";

const types: readonly EnvironmentType[] = ["STAGING", "DEVELOPMENT", "PREVIEW", "PRODUCTION"];
const usualSlugs: Record<EnvironmentType, string> = {
  STAGING: "staging",
  DEVELOPMENT: "dev",
  PREVIEW: "preview",
  PRODUCTION: "production",
};
const meanings: Record<EnvironmentType, string> = {
  STAGING: "For versions before they go to production.",
  DEVELOPMENT: "For trying things: runs that do not start within 10 minutes expire, late ticks of schedules are left out.",
  PREVIEW: "For git branches: it has the key and what the branches have in common, each branch is an environment of its own.",
  PRODUCTION: "Another one beside the main one, for a second customer or region.",
};

interface CreateEnvironmentDialogProps {
  origin: string;
  hasPreview: boolean;
  onClose: () => void;
  onCreated: () => void;
}

export function CreateEnvironmentDialog({ origin, hasPreview, onClose, onCreated }: CreateEnvironmentDialogProps) {
  const [type, setType] = useState<EnvironmentType>("STAGING");
  const [typed, setTyped] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Pick<Problem, "error" | "param">>();
  const [created, setCreated] = useState<EnvironmentCreated>();
  const slug = typed ?? usualSlugs[type];

  async function create() {
    setBusy(true);
    const answer = await send<EnvironmentCreated>("/api/v1/environments", { slug: slug.trim(), type });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    setCreated(answer.value);
    onCreated();
    return undefined;
  }

  if (created !== undefined) {
    return (
      <Dialog
        open
        onOpenChange={(open) => (open ? undefined : onClose())}
        title={`Environment “${readableText(created.environment.name)}”`}
        description={
          created.environment.type === "PREVIEW"
            ? "Make its first branch next, and deploy a version to that."
            : "Deploy a version to it from Deployments; its variables are set on its own page."
        }
        footer={
          <Button look="primary" onClick={onClose}>
            {created.secretKey === undefined ? "Close" : "I have copied it"}
          </Button>
        }
      >
        <div className="flex flex-col gap-3 pb-2">
          {created.secretKey === undefined ? (
            <p>It was there already, with keys of its own, which work again.</p>
          ) : (
            <>
              <SecretOnce value={created.secretKey} what="key" />
              <CodeBlock label="Copy variables" code={clientEnvironment(origin, created.secretKey)} />
            </>
          )}
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Create an environment"
      description="Nothing in it is seen by another one, and nothing of another one is seen in it."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} onClick={() => void create()}>
            Create environment
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        <Field label="Type" help={meanings[type]} error={problem?.param === "type" ? problem.error : undefined}>
          {(control) => (
            <NativeSelect
              {...control}
              value={type}
              onChange={(event) => {
                setType(types.find((one) => one === event.target.value) ?? "STAGING");
                setProblem(undefined);
              }}
            >
              {types.map((one) => (
                <option key={one} value={one} disabled={one === "PREVIEW" && hasPreview}>
                  {environmentWords[one]}
                  {one === "PREVIEW" && hasPreview ? " (there is one)" : ""}
                </option>
              ))}
            </NativeSelect>
          )}
        </Field>
        <Field
          label="Slug"
          help="Stands in addresses and stays. Its name can be changed later."
          error={problem !== undefined && problem.param !== "type" ? problem.error : undefined}
        >
          {(control) => (
            <Input
              {...control}
              value={slug}
              maxLength={40}
              className="font-mono"
              onChange={(event) => {
                setTyped(event.target.value);
                setProblem(undefined);
              }}
              onKeyDown={(event) => (event.key === "Enter" ? void create() : undefined)}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}
