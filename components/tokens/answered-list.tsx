"use client";
import { History } from "lucide-react";
import type { TokenRow } from "@/lib/contracts/token";
import { payloadPreview } from "@/lib/values/recent-payload";
import { verdictOf } from "@/lib/forms/answer-form";
import { readableText, visibleText } from "@/lib/view/readable-text";
import { messageOf } from "../live/api";
import { Ago } from "../live/time";
import { Button } from "../ui/button";
import { cn } from "../ui/cn";
import { SkeletonRows } from "../ui/skeleton";
import { EmptyState, ErrorState } from "../ui/state";
import { verdictLook } from "./verdict";
import { itemId } from "./token-item";
import { useAnsweredTokens } from "./use-tokens";

export function AnsweredList({ chosen, onChoose }: { chosen: string | null; onChoose: (id: string) => void }) {
  const { answered, pages } = useAnsweredTokens();
  if (pages.data === undefined) {
    return pages.error === null ? (
      <SkeletonRows rows={8} rowClass="h-16" />
    ) : (
      <ErrorState
        className="m-3"
        title="Answered tokens could not be read"
        detail={messageOf(pages.error)}
        onRetry={() => void pages.refetch()}
      />
    );
  }
  if (answered.length === 0) return <EmptyState icon={<History />} title="Nothing answered yet" />;
  return (
    <>
      <ul>
        {answered.map((token) => (
          <AnsweredItem key={token.id} token={token} chosen={token.id === chosen} onChoose={onChoose} />
        ))}
      </ul>
      {pages.hasNextPage ? (
        <div className="p-3 text-center">
          <Button size="sm" busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Load older ones
          </Button>
        </div>
      ) : null}
    </>
  );
}

function AnsweredItem({ token, chosen, onChoose }: { token: TokenRow; chosen: boolean; onChoose: (id: string) => void }) {
  const verdict = verdictOf(token);
  const { Icon, word, tone } = verdictLook[verdict];
  return (
    <li>
      <button
        type="button"
        id={itemId(token)}
        aria-current={chosen}
        onClick={() => onChoose(token.id)}
        className={cn(
          "block w-full border-b border-l-2 border-b-line border-l-transparent px-4 py-2 text-left -outline-offset-2 hover:bg-hover",
          chosen && "border-l-fg bg-active hover:bg-active",
        )}
      >
        <span className="flex items-center gap-2">
          <Icon aria-hidden className={cn("size-3.5 shrink-0", tone)} />
          <span className="min-w-0 flex-1 truncate">
            {word}
            {verdict === "timed out" || token.completedBy === undefined ? null : (
              <span className="text-muted"> by {readableText(token.completedBy)}</span>
            )}
          </span>
          <span className="shrink-0 text-sm text-faint">{token.completedAt === undefined ? null : <Ago at={token.completedAt} />}</span>
        </span>
        <span className="mt-0.5 block truncate font-mono text-sm text-muted">
          {verdict === "timed out"
            ? "no answer"
            : visibleText(payloadPreview({ payload: token.output ?? null, payloadType: token.outputType ?? "application/json" }))}
        </span>
        <span className="mt-0.5 block truncate font-mono text-xs text-faint">{token.id}</span>
      </button>
    </li>
  );
}
