"use client";
import { X } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { Input } from "../ui/input";
import { readableText } from "@/lib/view/readable-text";
import { OthersText } from "../ui/others-text";

export interface TagInputProps {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
  tags: readonly string[];
  onChange: (tags: string[]) => void;
  /** Known ones to offer. */
  known: readonly string[];
}

/** Enter or comma adds, Backspace in the empty field removes the last. What is typed counts also without Enter. */
export function TagInput({ id, tags, onChange, known, ...state }: TagInputProps) {
  const [text, setText] = useState("");

  function add() {
    const tag = text.trim();
    setText("");
    if (tag !== "" && !tags.includes(tag)) onChange([...tags, tag]);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Enter" && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      add();
    } else if (event.key === ",") {
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && text === "") onChange(tags.slice(0, -1));
  }

  return (
    <div className="flex flex-col gap-1">
      <Input
        id={id}
        {...state}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={add}
        list={`${id}-known`}
        placeholder={tags.length === 0 ? "user_123" : ""}
      />
      <datalist id={`${id}-known`}>
        {known.slice(0, 50).map((tag) => (
          <option key={tag}>{tag}</option>
        ))}
      </datalist>
      {tags.length === 0 ? null : (
        <ul aria-label="Tags" className="flex flex-wrap gap-1">
          {tags.map((tag) => (
            <li key={tag} className="inline-flex h-6 max-w-full items-center rounded-sm border border-line bg-panel pl-1.5 text-sm">
              <OthersText text={tag} className="truncate" />
              <button
                type="button"
                aria-label={`Remove tag ${readableText(tag)}`}
                className="px-1 text-faint hover:text-fg"
                onClick={() => onChange(tags.filter((other) => other !== tag))}
              >
                <X aria-hidden className="size-3" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
