"use client";
import { useState, type FormEvent } from "react";
import { PasswordInput } from "../auth/password-input";
import { send } from "../auth/request";
import { text } from "../auth/sign-in-form";
import { Button } from "../ui/button";
import { Field } from "../ui/input";

interface Errors {
  currentPassword?: string;
  newPassword?: string;
}

export function PasswordForm({ email, minPassword, isChanged }: { email: string; minPassword: number; isChanged: boolean }) {
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Errors>({});

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const passwords = { currentPassword: text(values, "currentPassword"), newPassword: text(values, "newPassword") };
    const missing: Errors = {
      ...(passwords.currentPassword === "" ? { currentPassword: "Enter your current password" } : {}),
      ...(passwords.newPassword.length < minPassword
        ? { newPassword: `${minPassword - passwords.newPassword.length} more characters are needed` }
        : {}),
    };
    setErrors(missing);
    if (Object.keys(missing).length > 0) return;
    setBusy(true);
    const answer = await send("/api/auth/change-password", passwords);
    // A full load: the session is a new one, and what is live has to begin with it.
    if (answer.ok) return window.location.replace("/account?password=changed");
    setBusy(false);
    const { issues, param, error } = answer.problem;
    setErrors(
      param === "newPassword" || issues.some((issue) => issue.path === "newPassword")
        ? { newPassword: issues[0]?.message ?? error }
        : { currentPassword: error },
    );
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex max-w-sm flex-col gap-4">
      <input type="hidden" name="username" autoComplete="username" value={email} />
      <Field label="Current password" error={errors.currentPassword}>
        {(control) => <PasswordInput {...control} name="currentPassword" autoComplete="current-password" />}
      </Field>
      <Field
        label="New password"
        help={`At least ${minPassword} characters that nobody guesses: a few unrelated words will do`}
        error={errors.newPassword}
      >
        {(control) => <PasswordInput {...control} name="newPassword" autoComplete="new-password" />}
      </Field>
      <div className="flex items-center gap-3">
        <Button type="submit" look="primary" busy={busy}>
          Change password
        </Button>
        <output className="text-good">{isChanged ? "Changed. Everywhere else you are signed out." : ""}</output>
      </div>
    </form>
  );
}
