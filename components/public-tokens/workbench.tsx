"use client";
import { useMemo, useState } from "react";
import type { z } from "zod";
import type { PublicTokenMinted } from "@/lib/contracts/dashboard";
import { expiryError, expiryPresets, previewClaims, scopeError } from "@/lib/tokens/public-token-form";
import type { SnippetInput } from "@/lib/tokens/snippets";
import { ActionButton } from "../auth/permission";
import { send } from "../auth/request";
import { useMe } from "../frame/me";
import { useUrlState } from "../frame/url-state";
import { useNow } from "../live/live-provider";
import { Button } from "../ui/button";
import { Field, Input } from "../ui/input";
import { PanelHead } from "../ui/page";
import { Segmented } from "../ui/segmented";
import { Switch } from "../ui/toggle";
import { Meaning } from "./meaning";
import { Claims, Minted, Snippets } from "./minted";
import { ScopeBuilder } from "./scope-builder";

const expiries = [...expiryPresets, "custom"] as const;

/** Left: what it shall allow. Right: what that means, then the token. */
export function Workbench({ refused, onMinted }: { refused: string | undefined; onMinted: () => void }) {
  const me = useMe();
  const now = useNow(60_000);
  const [url, setUrl] = useUrlState("replace");
  const chosen = useMemo(() => url.getAll("scope"), [url]);
  const [typed, setTyped] = useState("");
  const typedError = typed.trim() === "" ? undefined : scopeError(typed.trim());
  const scopes = typed.trim() === "" || typedError !== undefined ? chosen : [...new Set([...chosen, typed.trim()])];
  const [preset, setPreset] = useState<(typeof expiries)[number]>("1h");
  const [custom, setCustom] = useState("");
  const [oneTime, setOneTime] = useState(false);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [minted, setMinted] = useState<SnippetInput>();
  const expiry = preset === "custom" ? custom.trim() : preset;
  const wrongExpiry = preset === "custom" && custom !== "" ? expiryError(custom) : undefined;
  const draft: SnippetInput = {
    scopes,
    origin: me.origin,
    token: "<public token>",
    expirationTime: expiry,
    oneTimeUse: oneTime ? "once" : "many",
  };

  async function mint() {
    const wrong = typedError !== undefined ? `Correct or clear the scope that is typed: ${typedError}` : expiryError(expiry);
    setError(wrong);
    if (wrong !== undefined) return;
    setBusy(true);
    const answer = await send<z.infer<typeof PublicTokenMinted>>("/api/dashboard/public-tokens", {
      scopes,
      expirationTime: expiry,
      oneTimeUse: oneTime,
      ...(note.trim() === "" ? {} : { note: note.trim() }),
    });
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    setMinted({ ...draft, token: answer.value.token });
    onMinted();
  }

  if (minted !== undefined) {
    return (
      <section aria-label="New token" className="mx-auto w-full max-w-3xl px-4 py-4">
        <Minted input={minted} />
        <Button className="mt-4" onClick={() => setMinted(undefined)}>
          Make another
        </Button>
      </section>
    );
  }
  return (
    <div className="lg:grid lg:grid-cols-2">
      <section aria-label="Scopes" className="min-w-0 border-line lg:border-r">
        <PanelHead title="What it may do" />
        <div className="flex flex-col gap-4 px-4 py-3">
          <ScopeBuilder scopes={chosen} onChange={(scope) => setUrl({ scope })} typed={typed} typedError={typedError} onType={setTyped} />
          <div>
            <p className="mb-1 font-medium">Ends after</p>
            <Segmented
              label="Ends after"
              value={preset}
              onChange={setPreset}
              options={expiries.map((value) => ({ value, label: value }))}
            />
            {preset === "custom" ? (
              <Field
                label={<span className="sr-only">Duration</span>}
                error={wrongExpiry}
                help="A duration such as 45m, 12h or 3d; at most 30d"
                className="mt-1 max-w-60"
              >
                {(control) => (
                  <Input
                    {...control}
                    value={custom}
                    placeholder="45m"
                    className="font-mono"
                    onChange={(event) => setCustom(event.target.value)}
                  />
                )}
              </Field>
            ) : null}
          </div>
          <span className="flex items-start gap-3">
            <Switch id="one-time" checked={oneTime} onCheckedChange={setOneTime} />
            <label htmlFor="one-time">
              <span className="block font-medium">One time</span>
              <span className="text-sm text-faint">Its first trigger uses it up; a second is refused. Reading is not counted.</span>
            </label>
          </span>
          <Field label="Note" help="Who it is for; shown in the list below">
            {(control) => <Input {...control} value={note} maxLength={200} onChange={(event) => setNote(event.target.value)} />}
          </Field>
        </div>
      </section>
      <section aria-label="Meaning" className="min-w-0">
        <PanelHead title="What that means" />
        <div className="flex flex-col gap-4 px-4 py-3">
          <Meaning scopes={scopes} oneTime={oneTime} expiry={expiry === "" ? "…" : expiry} />
          <div className="flex flex-wrap items-center gap-3">
            <ActionButton
              look="primary"
              busy={busy}
              refused={refused}
              disabled={scopes.length === 0 && typedError === undefined}
              onClick={() => void mint()}
            >
              Make the token
            </ActionButton>
            <p role="alert" className="min-w-0 text-bad">
              {error}
            </p>
          </div>
          <details>
            <summary className="cursor-pointer text-sm text-muted">Claims</summary>
            <div className="mt-2">
              <Claims claims={previewClaims({ sub: me.environment.id, scopes, oneTime, expiry, now })} />
            </div>
          </details>
          <details>
            <summary className="cursor-pointer text-sm text-muted">Code</summary>
            <div className="mt-2">
              <Snippets {...draft} />
            </div>
          </details>
        </div>
      </section>
    </div>
  );
}
