"use client";
import { useQueryClient } from "@tanstack/react-query";
import { Hand } from "lucide-react";
import { toast } from "@/components/ui/toast";
import type { TokenPage } from "@/lib/contracts/dashboard";
import type { TokenRow } from "@/lib/contracts/token";
import { findQuestion } from "@/lib/forms/answer-form";
import { refusal } from "../auth/permission";
import { send } from "../auth/request";
import { useMe } from "../frame/me";
import { heldActions, withUndo, type HeldAction } from "../frame/undo";
import { getJson, messageOf } from "../live/api";
import { useSubscribable } from "../live/live-provider";
import { Ago } from "../live/time";
import { CopyValue } from "../ui/copy";
import { lazily } from "../ui/lazily";
import { Skeleton } from "../ui/skeleton";
import { ErrorState } from "../ui/state";
import { TagLabel } from "../ui/tag";
import { AnswerForm } from "./answer-form";
import { undoneAnswers, type AnswerDraft } from "./answer-draft";
import { Deadline } from "./deadline";
import { Elsewhere } from "./elsewhere";
import { RunContext } from "./token-context";
import { useTokenPage } from "./use-tokens";
import { OthersText } from "../ui/others-text";
import { readableText } from "@/lib/view/readable-text";

const Answered = lazily(async () => (await import("./answered")).Answered);

export interface TokenPanelProps {
  id: string;
  /** See `useRunStamps`. */
  stamp: string;
  latest: (token: TokenRow) => TokenRow;
  /** The next one comes. */
  onAnswered: (id: string) => void;
  /** The answer was taken back: its token is asked again. */
  onUndone: (id: string) => void;
}

const noneHeld: readonly HeldAction[] = [];

export function TokenPanel({ id, stamp, latest, onAnswered, onUndone }: TokenPanelProps) {
  const { data: page, error, refetch } = useTokenPage(id, stamp);
  if (page === undefined)
    return error === null ? (
      <Loading />
    ) : (
      <ErrorState className="m-4" title="This token could not be read" detail={messageOf(error)} onRetry={() => void refetch()} />
    );
  return <Loaded page={{ ...page, token: latest(page.token) }} onAnswered={onAnswered} onUndone={onUndone} />;
}

function Loaded({ page, onAnswered, onUndone }: { page: TokenPage } & Pick<TokenPanelProps, "onAnswered" | "onUndone">) {
  const { token, runs } = page;
  const me = useMe();
  const queries = useQueryClient();
  const question = findQuestion(runs.map((run) => run.metadata));
  const [first] = runs;
  const isHeld = useSubscribable(heldActions, noneHeld).some((action) => action.of === token.id);

  async function answer(data: unknown, draft: AnswerDraft) {
    undoneAnswers.set(token.id, draft);
    const decided = withUndo({ text: `Answer: ${question?.title ?? first?.task ?? token.id}`, of: token.id });
    onAnswered(token.id);
    if (!(await decided)) return onUndone(token.id);
    const outcome = await send(`/api/v1/waitpoints/tokens/${encodeURIComponent(token.id)}/complete`, { data });
    if (!outcome.ok) return toast.error("The answer was not taken", { description: outcome.problem.error });
    undoneAnswers.delete(token.id);
    await tellWhoWasFirst();
  }

  /** The API answers 200 to the second of two answers as well, since one answer is what was wanted. Here it matters whose. */
  async function tellWhoWasFirst() {
    const now = await getJson<TokenPage>(`/api/dashboard/tokens/${encodeURIComponent(token.id)}`).catch(() => null);
    if (now === null) return;
    await queries.invalidateQueries({ queryKey: ["token", token.id] });
    const { completedBy } = now.token;
    if (completedBy === undefined || completedBy === me.user.email) toast.success(`Answered ${first?.task ?? token.id}`);
    else toast.error(`${completedBy} had answered first; your answer was not taken`, { duration: 10_000 });
  }

  return (
    <article
      aria-label={readableText(question?.title ?? `Token ${token.id}`)}
      className="mx-auto flex w-full max-w-3xl flex-col gap-5 px-4 py-4 lg:px-6"
    >
      <header>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
          {token.status === "WAITING" ? <Deadline token={token} className="text-base" /> : null}
          <CopyValue text={token.id} className="text-sm" />
          <span>
            asked <Ago at={token.createdAt} />
          </span>
        </p>
        <h2 className="mt-1 flex items-start gap-2 text-xl font-semibold">
          <Hand aria-hidden className="mt-1 size-5 shrink-0 text-asks" />
          <OthersText
            className="min-w-0 break-words"
            text={question?.title ?? (first === undefined ? "A token that no run waits for yet" : `${first.task} waits for an answer`)}
          />
        </h2>
        {question?.summary ? (
          <p className="mt-1 whitespace-pre-line text-muted">
            <OthersText text={question.summary} />
          </p>
        ) : null}
        {token.tags.length === 0 ? null : (
          <p className="mt-2 flex flex-wrap gap-1">
            {token.tags.map((tag) => (
              <TagLabel key={tag} tag={tag} />
            ))}
          </p>
        )}
      </header>
      {token.status === "WAITING" ? (
        <section aria-label="Answer" className="rounded border border-asks-bar/50 p-3">
          <AnswerForm
            key={`${token.id} ${question === null ? "plain" : "asked"}`}
            tokenId={token.id}
            question={question}
            name={me.user.name}
            refused={refusal(me.user.role, "operator")}
            busy={isHeld}
            onAnswer={(data, draft) => void answer(data, draft)}
          />
        </section>
      ) : (
        <Answered token={token} />
      )}
      {runs.map((run) => (
        <RunContext key={run.id} run={run} />
      ))}
      {token.status === "WAITING" ? <Elsewhere token={token} url={page.url} origin={me.origin} /> : null}
    </article>
  );
}

const Loading = () => (
  <output aria-label="Loading the token" className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-6 py-4">
    <Skeleton className="h-4 w-64" />
    <Skeleton className="h-7 w-96 max-w-full" />
    <Skeleton className="h-40 w-full" />
    <Skeleton className="h-24 w-full" />
  </output>
);
