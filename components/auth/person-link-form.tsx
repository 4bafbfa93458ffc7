"use client";
import { useEffect, useState, type FormEvent } from "react";
import type { LinkMeaning } from "@/lib/contracts/people";
import { Button } from "../ui/button";
import { Field, Input } from "../ui/input";
import { Skeleton } from "../ui/skeleton";
import { ErrorState } from "../ui/state";
import { useLinkCode } from "./link-code";
import { PasswordInput } from "./password-input";
import { send, type Answer } from "./request";
import { text } from "./sign-in-form";

type Kind = LinkMeaning["kind"];
interface Errors {
  name?: string;
  password?: string;
}

const paths: Record<Kind, string> = { join: "/api/join", reset: "/api/reset-password" };
const verbs: Record<Kind, string> = { join: "Join", reset: "Set the new password" };

/** For who holds a one-time link: says what it is for, and uses it. */
export function PersonLinkForm({ kind, minPassword }: { kind: Kind; minPassword: number }) {
  const code = useLinkCode();
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const [failure, setFailure] = useState<string>();
  const [found, setFound] = useState<Answer<LinkMeaning>>();
  useEffect(() => {
    if (code === null || code === "") return;
    let isShown = true;
    void send<LinkMeaning>("/api/person-link", { code }).then((answer) => (isShown ? setFound(answer) : undefined));
    return () => void (isShown = false);
  }, [code]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const values = { code: code ?? "", name: text(form, "name").trim(), password: text(form, "password") };
    const missing: Errors = {
      ...(kind === "join" && values.name === "" ? { name: "Enter your name; it is shown beside what you do" } : {}),
      ...(values.password.length < minPassword ? { password: `${minPassword - values.password.length} more characters are needed` } : {}),
    };
    setErrors(missing);
    setFailure(undefined);
    if (Object.keys(missing).length > 0) return;
    setBusy(true);
    const answer = await send(paths[kind], values);
    // Without a session the page asks to sign in, with the password that has just been set.
    if (answer.ok) return window.location.replace("/runs");
    setBusy(false);
    const ofPassword = answer.problem.issues.find((issue) => issue.path === "password")?.message;
    if (ofPassword !== undefined) setErrors({ password: ofPassword });
    else setFailure(answer.problem.error);
  }

  if (code === "")
    return <ErrorState title="This link is not whole" detail="Copy all of it, with the part after #code=, into the address bar." />;
  if (found === undefined) return <Skeleton className="h-40" />;
  if (!found.ok) return <ErrorState title="This link cannot be used" detail={found.problem.error} />;
  const link = found.value;
  if (link.kind !== kind) return <ErrorState title="This link is for something else" detail="Open it as it was given to you." />;
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <p className="text-muted">
        {kind === "join" ? (
          <>
            {link.createdBy} has invited <span className="text-fg">{link.email}</span> as {link.role}.
          </>
        ) : (
          <>
            For <span className="text-fg">{link.email}</span>. Everywhere this account is signed in now, it is signed out.
          </>
        )}
      </p>
      {/* For password managers: they keep the new password under it. */}
      <input type="hidden" name="username" autoComplete="username" value={link.email} />
      {kind === "join" ? (
        <Field label="Name" error={errors.name}>
          {(control) => (
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is nothing but this form
            <Input {...control} name="name" autoComplete="name" autoFocus />
          )}
        </Field>
      ) : null}
      <Field
        label="Password"
        help={`At least ${minPassword} characters that nobody guesses: a few unrelated words will do`}
        error={errors.password}
      >
        {(control) => <PasswordInput {...control} name="password" autoComplete="new-password" />}
      </Field>
      {failure ? (
        <p role="alert" className="text-bad">
          {failure}
        </p>
      ) : null}
      <Button type="submit" look="primary" busy={busy} className="mt-1">
        {verbs[kind]}
      </Button>
    </form>
  );
}
