"use client";
import { Check, X } from "lucide-react";
import { useState } from "react";
import { asDecision, decision, hasNote, withAnswerer, withNote, withoutAnswerer, type Question } from "@/lib/forms/answer-form";
import { blankValue } from "@/lib/forms/form-schema";
import { formatJson, parseJsonText } from "@/lib/values/json-text";
import { ActionButton } from "../auth/permission";
import { useShortcut } from "../frame/shortcuts";
import { firstMode, PayloadEditor, type EditorMode } from "../json/payload-editor";
import { Field, Textarea } from "../ui/input";
import { Segmented } from "../ui/segmented";
import { undoneAnswers, type AnswerDraft } from "./answer-draft";

export interface AnswerFormProps {
  tokenId: string;
  question: Question | null;
  /** Of who answers. */
  name: string;
  refused: string | undefined;
  busy: boolean;
  onAnswer: (data: unknown, draft: AnswerDraft) => void;
}

/** The key, where there is a keyboard. */
const Hint = ({ children }: { children: string }) => (
  <kbd aria-hidden className="ml-1 hidden font-mono text-xs opacity-60 sm:inline">
    {children}
  </kbd>
);

/** The form of the question; without one, yes or no; and any JSON for what neither foresaw. */
export function AnswerForm({ tokenId, question, name, refused, busy, onAnswer }: AnswerFormProps) {
  const asked = question === null ? null : withoutAnswerer(question.schema);
  const decisions = asked === null ? { rest: null } : asDecision(asked.schema);
  const schema = asked === null || decisions !== null ? (decisions?.rest ?? null) : asked.schema;
  const [held] = useState(() => undoneAnswers.get(tokenId));
  const [way, setWay] = useState<AnswerDraft["way"]>(held?.way ?? "form");
  const [text, setText] = useState(() => held?.text ?? formatJson(question?.defaults ?? (schema === null ? {} : blankValue(schema))));
  const [custom, setCustom] = useState(held?.custom ?? "");
  const [note, setNote] = useState(held?.note ?? "");
  const draft = { way, text, custom, note };
  const [mode] = useState<EditorMode>(() => firstMode(schema));
  const offersNote = question === null || !hasNote(question.schema);

  function answer(given: "approved" | "rejected" | "form") {
    if (busy || refused !== undefined) return;
    const parsed = parseJsonText(text);
    if (!parsed.ok) return;
    const fields: unknown = schema === null ? {} : parsed.value;
    const value = given === "form" ? fields : { ...(typeof fields === "object" ? fields : {}), ...decision(given, "") };
    onAnswer(withNote(asked?.named === true ? withAnswerer(value, name) : value, offersNote ? note : ""), draft);
  }
  function answerCustom() {
    const parsed = parseJsonText(custom);
    if (parsed.ok && !busy && refused === undefined) onAnswer(parsed.value, draft);
  }
  const submit = () => (way === "custom" ? answerCustom() : answer(decisions === null ? "form" : "approved"));

  useShortcut("a", {
    label: "Approve",
    group: "Token",
    run: () => (decisions !== null && way === "form" ? answer("approved") : undefined),
  });
  useShortcut("r", { label: "Reject", group: "Token", run: () => (decisions !== null && way === "form" ? answer("rejected") : undefined) });
  useShortcut("mod+enter", { label: "Answer", group: "Token", run: submit });

  return (
    <div className="flex flex-col gap-3">
      {way === "form" ? (
        <>
          {schema === null ? null : (
            <PayloadEditor
              schema={schema}
              text={text}
              onChange={setText}
              mode={mode}
              label="Answer"
              name={`answer-${tokenId}`}
              disabled={refused !== undefined}
              onSubmit={submit}
              minHeight="96px"
            />
          )}
          {asked?.named === true ? <p className="text-sm text-faint">Answered in the name of {name}.</p> : null}
          {offersNote ? (
            <Field label="Note" help="Goes with the answer, for the run and for those who read it later">
              {(control) => (
                <Textarea
                  {...control}
                  rows={2}
                  value={note}
                  disabled={refused !== undefined}
                  onChange={(event) => setNote(event.target.value)}
                />
              )}
            </Field>
          ) : null}
        </>
      ) : (
        <PayloadEditor
          schema={undefined}
          text={custom}
          onChange={setCustom}
          mode="json"
          label="Answer as JSON"
          name={`custom-${tokenId}`}
          disabled={refused !== undefined}
          onSubmit={submit}
          minHeight="120px"
        />
      )}
      <div className="flex flex-wrap items-center gap-2">
        {way === "custom" ? (
          <ActionButton look="primary" busy={busy} refused={refused} disabled={!parseJsonText(custom).ok} onClick={answerCustom}>
            Answer with JSON
          </ActionButton>
        ) : decisions === null ? (
          <ActionButton look="primary" busy={busy} refused={refused} onClick={() => answer("form")}>
            Answer
          </ActionButton>
        ) : (
          <>
            <ActionButton look="primary" busy={busy} refused={refused} onClick={() => answer("approved")}>
              <Check aria-hidden className="size-4" /> Approve <Hint>A</Hint>
            </ActionButton>
            <ActionButton look="danger" busy={busy} refused={refused} onClick={() => answer("rejected")}>
              <X aria-hidden className="size-4" /> Reject <Hint>R</Hint>
            </ActionButton>
          </>
        )}
        <Segmented
          label="Answer as"
          className="ml-auto"
          value={way}
          onChange={setWay}
          options={[
            { value: "form", label: question === null ? "Yes or no" : "Form" },
            { value: "custom", label: "Custom JSON" },
          ]}
        />
      </div>
    </div>
  );
}
