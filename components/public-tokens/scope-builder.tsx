"use client";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { scopeError } from "@/lib/tokens/public-token-form";
import { scopeThings, toScope, verbsOf, type ScopeThing, type ScopeVerb } from "@/lib/tokens/scope-words";
import { Button } from "../ui/button";
import { Field, Input } from "../ui/input";
import { Segmented } from "../ui/segmented";
import { Checkbox } from "../ui/toggle";
import { ThingPicker } from "./thing-picker";

const thingWords: Record<ScopeThing, string> = { run: "Run", tag: "Tag", task: "Task", batch: "Batch", token: "Wait token" };
const verbWords: Record<ScopeThing, Partial<Record<ScopeVerb, string>>> = {
  run: { read: "follow it", write: "cancel it" },
  tag: { read: "follow its runs" },
  task: { trigger: "trigger it", batchTrigger: "trigger it in batches", read: "follow its runs", write: "trigger it and cancel its runs" },
  batch: { read: "follow it", write: "add items to it" },
  token: { write: "answer it" },
};

export interface ScopeBuilderProps {
  scopes: readonly string[];
  onChange: (scopes: string[]) => void;
}

/** Scopes by choosing real things: what it is, which one, and what may be done with it. */
export function ScopeBuilder({ scopes, onChange }: ScopeBuilderProps) {
  const [thing, setThing] = useState<ScopeThing>("run");
  const [id, setId] = useState<string | undefined>("");
  const [verbs, setVerbs] = useState<readonly ScopeVerb[]>(["read"]);
  const [raw, setRaw] = useState("");
  const chosen = verbsOf[thing].filter((verb) => verbs.includes(verb));
  const ready = id !== "" && chosen.length > 0;
  const rawError = raw.trim() === "" ? undefined : scopeError(raw.trim());

  const add = (more: readonly string[]) => onChange([...new Set([...scopes, ...more])]);
  function choose(next: ScopeThing) {
    setThing(next);
    setId("");
    const [first] = verbsOf[next];
    setVerbs(first === undefined ? [] : [first]);
  }
  function addRaw() {
    if (raw.trim() === "" || rawError !== undefined) return;
    add([raw.trim()]);
    setRaw("");
  }

  return (
    <div className="flex flex-col gap-3">
      <Segmented label="What" className="self-start max-sm:h-auto max-sm:flex-wrap" value={thing} onChange={choose} options={scopeThings.map((value) => ({ value, label: thingWords[value] }))} />
      <ThingPicker key={thing} thing={thing} id={id} onPick={setId} />
      <fieldset className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <legend className="sr-only">May</legend>
        {verbsOf[thing].map((verb) => (
          <label key={verb} className="flex items-center gap-2">
            <Checkbox checked={verbs.includes(verb)} onCheckedChange={(checked) => setVerbs(checked ? [...verbs, verb] : verbs.filter((other) => other !== verb))} />
            <span>
              {verbWords[thing][verb]} <code className="font-mono text-sm text-faint">{verb}</code>
            </span>
          </label>
        ))}
        <Button size="sm" className="ml-auto" disabled={!ready} onClick={() => add(chosen.map((verb) => toScope(verb, thing, id)))}>
          <Plus aria-hidden className="size-3.5" /> Add scope
        </Button>
      </fieldset>
      <ul aria-label="Scopes" className="flex flex-col gap-1">
        {scopes.map((scope) => (
          <li key={scope} className="flex items-center gap-2 rounded border border-line bg-panel pl-2.5">
            <code className="min-w-0 flex-1 py-1 font-mono text-sm break-all">{scope}</code>
            <button type="button" aria-label={`Remove scope ${scope}`} className="self-stretch px-2 text-faint hover:text-fg" onClick={() => onChange(scopes.filter((other) => other !== scope))}>
              <X aria-hidden className="size-3.5" />
            </button>
          </li>
        ))}
        {scopes.length === 0 ? <li className="rounded border border-dashed border-line-strong px-2.5 py-1.5 text-faint">Nothing chosen: the token would allow nothing.</li> : null}
      </ul>
      <details>
        <summary className="cursor-pointer text-sm text-muted">Type a scope</summary>
        <div className="mt-2 flex items-start gap-2">
          <Field label={<span className="sr-only">Scope</span>} error={rawError} className="flex-1">
            {(control) => <Input {...control} className="font-mono" placeholder="read:tags:user_123" value={raw} spellCheck={false} onChange={(event) => setRaw(event.target.value)} onKeyDown={(event) => (event.key === "Enter" ? addRaw() : undefined)} />}
          </Field>
          <Button className="mt-6" disabled={raw.trim() === "" || rawError !== undefined} onClick={addRaw}>
            Add
          </Button>
        </div>
      </details>
    </div>
  );
}
