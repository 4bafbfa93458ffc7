"use client";
import { useState } from "react";
import type { z } from "zod";
import type { EnvironmentDeployed } from "@/lib/contracts/environment";
import { readableText } from "@/lib/view/readable-text";
import { send } from "../auth/request";
import { useMe } from "../frame/me";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field, NativeSelect } from "../ui/input";
import { toast } from "../ui/toast";
import { placesToDeploy } from "./places-to-deploy";

/** The build of a version of this environment becomes the current version of another one. */
export function DeployElsewhereDialog({ version, onClose }: { version: string; onClose: () => void }) {
  const me = useMe();
  const places = placesToDeploy(me);
  const [slug, setSlug] = useState(places[0]?.slug ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function deploy() {
    setBusy(true);
    const answer = await send<z.infer<typeof EnvironmentDeployed>>(`/api/v1/environments/${encodeURIComponent(slug)}/deployments`, {
      version,
    });
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    toast.success(`Deployed to ${slug} as ${answer.value.version}`, { description: "Runs that start there from now on run on it." });
    return onClose();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Deploy ${version} elsewhere`}
      description="The same build, under a version of the other environment and with its variables. Runs there that have started keep the version that they are on."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} onClick={() => void deploy()}>
            Deploy
          </Button>
        </>
      }
    >
      <Field label="Environment" error={error} className="pb-2">
        {(control) => (
          <NativeSelect
            {...control}
            value={slug}
            onChange={(event) => {
              setSlug(event.target.value);
              setError(undefined);
            }}
          >
            {places.map((place) => (
              <option key={place.slug} value={place.slug}>
                {readableText(place.name)}
              </option>
            ))}
          </NativeSelect>
        )}
      </Field>
    </Dialog>
  );
}
