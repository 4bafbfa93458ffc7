"use client";
import { useState, type FormEvent } from "react";
import { Button } from "../ui/button";
import { Field, Input } from "../ui/input";
import { PasswordInput } from "./password-input";
import { send } from "./request";

interface Errors {
  email?: string;
  password?: string;
}

/** `next` is a path of this site, checked by `safeNextPath`. */
export function SignInForm({ next }: { next: string }) {
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Errors>({});

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = text(form, "email").trim();
    const password = text(form, "password");
    const missing: Errors = {
      ...(email === "" ? { email: "Enter your e-mail address" } : {}),
      ...(password === "" ? { password: "Enter your password" } : {}),
    };
    setErrors(missing);
    if (Object.keys(missing).length > 0) return;
    setBusy(true);
    const answer = await send("/api/auth/sign-in/email", { email, password });
    // A full load, so that the server renders the first page with the new session.
    if (answer.ok) return window.location.replace(next);
    setBusy(false);
    setErrors(
      answer.problem.status === 401
        ? { password: "E-mail or password is wrong" }
        : answer.problem.status === 400
          ? { email: answer.problem.error }
          : { password: answer.problem.error },
    );
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <Field label="E-mail" error={errors.email}>
        {(control) => (
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is nothing but this form
          <Input {...control} name="email" type="email" autoComplete="username" autoFocus required />
        )}
      </Field>
      <Field label="Password" error={errors.password}>
        {(control) => <PasswordInput {...control} name="password" autoComplete="current-password" required />}
      </Field>
      <Button type="submit" look="primary" busy={busy} className="mt-1">
        Sign in
      </Button>
      <p className="text-sm text-faint">
        No account? An admin of this server can add you. The first one is made with the link that the server prints at its first start.
      </p>
    </form>
  );
}

export const text = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
};
