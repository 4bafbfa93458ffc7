"use client";
import { X } from "lucide-react";
import { useState } from "react";
import { readableText } from "@/lib/view/readable-text";
import { scopeThings, toScope, verbsOf, type ScopeThing, type ScopeVerb } from "@/lib/tokens/scope-words";
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
  /** A scope written by hand; it counts as long as it stands there. */
  typed: string;
  typedError: string | undefined;
  onType: (text: string) => void;
}

const firstVerb = (thing: ScopeThing): readonly ScopeVerb[] => verbsOf[thing].slice(0, 1);

/** Scopes by choosing real things. What is chosen is in the token, at once: nothing is left to be added. */
export function ScopeBuilder({ scopes, onChange, typed, typedError, onType }: ScopeBuilderProps) {
  const [thing, setThing] = useState<ScopeThing>("run");
  const [verbs, setVerbs] = useState<readonly ScopeVerb[]>(firstVerb("run"));
  /** The thing that was chosen last: the verbs are its own. Undefined: every one of the kind; null: none yet. */
  const [current, setCurrent] = useState<string | undefined | null>(null);

  // What counts is seen: it is not folded away when the builder comes back.
  const [wasTyped] = useState(typed !== "");

  const scopesOf = (id: string | undefined) =>
    verbsOf[thing].map((verb) => toScope(verb, thing, id)).filter((scope) => scopes.includes(scope));
  const without = (gone: readonly string[]) => scopes.filter((scope) => !gone.includes(scope));

  function chooseKind(next: ScopeThing) {
    setThing(next);
    setVerbs(firstVerb(next));
    setCurrent(null);
  }
  function pick(id: string | undefined) {
    const held = scopesOf(id);
    setCurrent(held.length > 0 ? null : id);
    onChange(held.length > 0 ? without(held) : [...scopes, ...verbs.map((verb) => toScope(verb, thing, id))]);
  }
  function flip(verb: ScopeVerb, checked: boolean) {
    const next = verbsOf[thing].filter((other) => (other === verb ? checked : verbs.includes(other)));
    // With no verb at all a click would choose nothing.
    if (next.length === 0) return;
    setVerbs(next);
    if (current === null) return;
    const scope = toScope(verb, thing, current);
    onChange(checked ? [...new Set([...scopes, scope])] : without([scope]));
  }

  return (
    <div className="flex flex-col gap-3">
      <Segmented
        label="What"
        className="self-start max-sm:h-auto max-sm:flex-wrap"
        value={thing}
        onChange={chooseKind}
        options={scopeThings.map((value) => ({ value, label: thingWords[value] }))}
      />
      <ThingPicker key={thing} thing={thing} isChosen={(id) => scopesOf(id).length > 0} onPick={pick} />
      <fieldset className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <legend className="sr-only">May</legend>
        {verbsOf[thing].map((verb) => (
          <label key={verb} className="flex items-center gap-2">
            <Checkbox checked={verbs.includes(verb)} onCheckedChange={(checked) => flip(verb, checked)} />
            <span>
              {verbWords[thing][verb]} <code className="font-mono text-sm text-faint">{verb}</code>
            </span>
          </label>
        ))}
        <span className="ml-auto text-sm text-faint">A click above adds, another takes away</span>
      </fieldset>
      <ul aria-label="Scopes" className="flex flex-col gap-1">
        {scopes.map((scope) => (
          <li key={scope} className="flex items-center gap-2 rounded border border-line bg-panel pl-2.5">
            <code className="min-w-0 flex-1 py-1 font-mono text-sm break-all">{readableText(scope)}</code>
            <button
              type="button"
              aria-label={`Remove scope ${readableText(scope)}`}
              className="self-stretch px-2 text-faint hover:text-fg"
              onClick={() => onChange(without([scope]))}
            >
              <X aria-hidden className="size-3.5" />
            </button>
          </li>
        ))}
        {scopes.length === 0 ? (
          <li className="rounded border border-dashed border-line-strong px-2.5 py-1.5 text-faint">
            Nothing chosen: the token would allow nothing.
          </li>
        ) : null}
      </ul>
      <details open={wasTyped}>
        <summary className="cursor-pointer text-sm text-muted">Type a scope</summary>
        <Field
          label={<span className="sr-only">Scope</span>}
          error={typedError}
          help="Is part of the token while it stands here; Enter moves it to the list"
          className="mt-2"
        >
          {(control) => (
            <Input
              {...control}
              className="font-mono"
              placeholder="read:tags:user_123"
              value={typed}
              spellCheck={false}
              onChange={(event) => onType(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || typed.trim() === "" || typedError !== undefined) return;
                onChange([...new Set([...scopes, typed.trim()])]);
                onType("");
              }}
            />
          )}
        </Field>
      </details>
    </div>
  );
}
