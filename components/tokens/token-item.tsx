"use client";
import { Hand } from "lucide-react";
import type { TokenRow } from "@/lib/contracts/token";
import { findQuestion } from "@/lib/forms/answer-form";
import { Ago } from "../live/time";
import { cn } from "../ui/cn";
import { TagLabel } from "../ui/tag";
import { Deadline } from "./deadline";
import { useSeen } from "./use-seen";
import { useTokenPage } from "./use-tokens";
import { OthersText } from "../ui/others-text";

export const itemId = (token: Pick<TokenRow, "id">) => `token-${token.id}`;

/** One question in the list: who asks, what, and how long there is. */
export function TokenItem({
  token,
  stamp,
  chosen,
  onChoose,
}: {
  token: TokenRow;
  stamp: string;
  chosen: boolean;
  onChoose: (id: string) => void;
}) {
  const [item, seen] = useSeen<HTMLLIElement>();
  const { data: page } = useTokenPage(token.id, stamp, seen ? "always" : "not yet");
  const run = page?.runs[0];
  const question = findQuestion(page?.runs.map((waiting) => waiting.metadata) ?? []);
  return (
    <li ref={item}>
      <button
        type="button"
        id={itemId(token)}
        aria-current={chosen}
        onClick={() => onChoose(token.id)}
        className={cn(
          "block w-full border-b border-l-2 border-b-line border-l-transparent px-4 py-2 text-left -outline-offset-2 hover:bg-hover",
          chosen && "border-l-asks-bar bg-active hover:bg-active",
        )}
      >
        <span className="flex items-center gap-2">
          <Hand aria-hidden className="size-3.5 shrink-0 text-asks" />
          <OthersText text={run?.task ?? token.id} className="min-w-0 flex-1 truncate font-mono" />
          <Deadline token={token} className="shrink-0 text-sm" />
        </span>
        <OthersText
          className="mt-0.5 block truncate"
          text={
            question?.title ??
            run?.progress?.label ??
            (page === undefined ? "\u00a0" : run === undefined ? "Created outside a run" : "Waits for an answer")
          }
        />
        <span className="mt-0.5 flex h-5 min-w-0 items-center gap-1 overflow-hidden">
          {token.tags.slice(0, 3).map((tag) => (
            <TagLabel key={tag} tag={tag} className="max-w-32" />
          ))}
          <span className="ml-auto shrink-0 text-sm text-faint">
            asked <Ago at={token.createdAt} />
          </span>
        </span>
      </button>
    </li>
  );
}
