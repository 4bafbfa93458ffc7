"use client";
import { useState, type FormEvent } from "react";
import { Button } from "../ui/button";
import { Field, Input } from "../ui/input";
import { pathParts } from "@/lib/forms/issues";
import { useLinkCode } from "./link-code";
import { PasswordInput } from "./password-input";
import { send } from "./request";
import { text } from "./sign-in-form";

const fields = ["code", "name", "email", "password"] as const;
type Errors = Partial<Record<(typeof fields)[number], string>>;

export function SetupForm({ minPassword }: { minPassword: number }) {
  const code = useLinkCode();
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const [failure, setFailure] = useState<string>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const values = {
      code: text(form, "code").trim() || (code ?? ""),
      name: text(form, "name").trim(),
      email: text(form, "email").trim(),
      password: text(form, "password"),
    };
    const missing = check(values, minPassword);
    setErrors(missing);
    setFailure(undefined);
    if (Object.keys(missing).length > 0) return;
    setBusy(true);
    const answer = await send("/api/setup", values);
    if (answer.ok) return window.location.replace("/runs");
    setBusy(false);
    const placed: Errors = {};
    for (const issue of answer.problem.issues) {
      const field = fields.find((name) => name === pathParts(issue.path).at(-1));
      if (field !== undefined) placed[field] = issue.message;
    }
    const param = fields.find((name) => name === answer.problem.param);
    if (param !== undefined) placed[param] ??= answer.problem.error;
    setErrors(placed);
    if (Object.keys(placed).length === 0) setFailure(answer.problem.error);
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {code === "" || errors.code !== undefined ? (
        <Field label="Setup code" help="The server prints it at its first start, in the link that ends with #code=…" error={errors.code}>
          {(control) => (
            <Input {...control} name="code" className="font-mono" defaultValue={code ?? ""} autoComplete="off" spellCheck={false} />
          )}
        </Field>
      ) : null}
      <Field label="Name" error={errors.name}>
        {(control) => (
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is nothing but this form
          <Input {...control} name="name" autoComplete="name" autoFocus />
        )}
      </Field>
      <Field label="E-mail" error={errors.email}>
        {(control) => <Input {...control} name="email" type="email" autoComplete="username" />}
      </Field>
      <Field label="Password" help={`At least ${minPassword} characters`} error={errors.password}>
        {(control) => <PasswordInput {...control} name="password" autoComplete="new-password" />}
      </Field>
      {failure ? (
        <p role="alert" className="text-bad">
          {failure}{" "}
          <a href="/sign-in" className="underline">
            Sign in instead
          </a>
        </p>
      ) : null}
      <Button type="submit" look="primary" busy={busy} className="mt-1">
        Create the first admin
      </Button>
    </form>
  );
}

function check(values: { code: string; name: string; email: string; password: string }, minPassword: number): Errors {
  return {
    ...(values.code === "" ? { code: "Paste the code from the server's first lines" } : {}),
    ...(values.name === "" ? { name: "Enter your name; it is shown beside what you do" } : {}),
    ...(/^[^\s@]+@[^\s@]+$/.test(values.email) ? {} : { email: "Enter an e-mail address" }),
    ...(values.password.length < minPassword ? { password: `${minPassword - values.password.length} more characters are needed` } : {}),
  };
}
