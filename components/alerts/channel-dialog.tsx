"use client";
import { useState } from "react";
import type { ChannelCreated } from "@/lib/contracts/alerts";
import { alertLimits, channelKinds, type ChannelKind } from "@/lib/contracts/alerts-choices";
import { send } from "../auth/request";
import { NameField } from "../keys/name-field";
import { SecretDialog } from "../keys/secret-dialog";
import { Field, Input } from "../ui/input";
import { SecretOnce } from "../ui/secret";
import { Segmented } from "../ui/segmented";

export const kindWords: Record<ChannelKind, string> = { email: "E-mail", webhook: "Webhook", slack: "Slack" };

export function ChannelDialog({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const [kind, setKind] = useState<ChannelKind>("email");
  const [text, setText] = useState({ name: "", smtp: "", from: "", to: "", url: "" });
  const set = (part: Partial<typeof text>) => setText({ ...text, ...part });

  function make() {
    if (text.name.trim() === "") return "Name whom it tells, such as “On call”";
    const to = text.to
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
    const target = kind === "email" ? { kind, smtp: text.smtp.trim(), from: text.from.trim(), to } : { kind, url: text.url.trim() };
    return send<ChannelCreated>("/api/dashboard/alert-channels", { name: text.name.trim(), target });
  }

  return (
    <SecretDialog
      title="New channel"
      description="Addresses and credentials are stored encrypted and never shown again."
      action="Create channel"
      make={make}
      onMade={onCreated}
      onClose={onClose}
      titleOf={({ channel }) => `Channel “${channel.name}”`}
      renderMade={({ secret }) =>
        secret === undefined ? null : (
          <>
            <SecretOnce value={secret} what="signing secret" />
            <p className="text-muted">
              Verify what arrives with `webhooks.constructEvent(request, secret)` of the SDK. What is sent twice has the same id.
            </p>
          </>
        )
      }
    >
      {(form) => {
        const field = (
          name: keyof typeof text,
          label: string,
          { path, help, placeholder, type = "text" }: { path: string; help?: string; placeholder?: string; type?: "text" | "password" },
        ) => (
          <Field label={label} help={help} error={form.problem?.issues.find((issue) => issue.path.startsWith(path))?.message}>
            {(control) => (
              <Input
                {...control}
                type={type}
                value={text[name]}
                placeholder={placeholder}
                spellCheck={false}
                autoComplete="off"
                className="font-mono"
                onChange={(event) => {
                  set({ [name]: event.target.value });
                  form.changed();
                }}
              />
            )}
          </Field>
        );
        return (
          <>
            <NameField value={text.name} maxLength={alertLimits.name} onChange={(name) => set({ name })} form={form} />
            <Segmented
              label="Kind of channel"
              value={kind}
              onChange={setKind}
              options={channelKinds.map((value) => ({ value, label: kindWords[value] }))}
            />
            {kind === "email" ? (
              <>
                {field("smtp", "Mail server", {
                  path: "target.smtp",
                  type: "password",
                  placeholder: "smtp://user:password@mail.example.com:587",
                  help: "smtp:// begins with STARTTLS where the server can, and must where it signs in; smtps:// is TLS from the start",
                })}
                {field("from", "From", { path: "target.from", placeholder: "signalbox@example.com" })}
                {field("to", "To", {
                  path: "target.to",
                  placeholder: "ada@example.com, bo@example.com",
                  help: `Up to ${alertLimits.recipients}, joined by commas`,
                })}
              </>
            ) : (
              field("url", kind === "slack" ? "Address of an incoming webhook" : "Address", {
                path: "target.url",
                type: kind === "slack" ? "password" : "text",
                placeholder: kind === "slack" ? "https://hooks.slack.com/services/…" : "https://example.com/alerts",
              })
            )}
          </>
        );
      }}
    </SecretDialog>
  );
}
