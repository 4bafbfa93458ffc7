"use client";
import { ArrowLeft, Hand } from "lucide-react";
import { useState } from "react";
import type { TokensPage } from "@/lib/contracts/dashboard";
import { fitsInbox, inboxOrders, orderInbox } from "@/lib/tokens/inbox";
import { plural } from "@/lib/view/format";
import { ReadOnlyNote, refusal } from "../auth/permission";
import { useMe } from "../frame/me";
import { useShortcut } from "../frame/shortcuts";
import { useUrlState } from "../frame/url-state";
import { Button } from "../ui/button";
import { cn } from "../ui/cn";
import { CodeBlock } from "../ui/code-block";
import { Input } from "../ui/input";
import { lazily } from "../ui/lazily";
import { Segmented } from "../ui/segmented";
import { SkeletonRows } from "../ui/skeleton";
import { EmptyState, ErrorState } from "../ui/state";
import { itemId, TokenItem } from "./token-item";
import { TokenPanel } from "./token-panel";
import { useRunStamps, useWaitingTokens } from "./use-tokens";

const AnsweredList = lazily(
  async () => (await import("./answered-list")).AnsweredList,
  () => <SkeletonRows rows={8} rowClass="h-16" />,
);

const example = `const token = await wait.createToken({ timeout: "24h" });
metadata.set("approval", { title: "Refund 120 EUR?", schema });
const answer = await wait.forToken(token);`;

export function TokensView({ initial }: { initial: TokensPage }) {
  const { waiting: all, error, retry, latest } = useWaitingTokens(initial);
  const [url, setUrl] = useUrlState("replace");
  const chosen = url.get("token");
  const view = url.get("view") === "answered" ? "answered" : "waiting";
  const refused = refusal(useMe().user.role, "operator");
  const { stampOf, taskOf } = useRunStamps(all);
  const order = inboxOrders.find((name) => name === url.get("order")) ?? "deadline";
  const text = (url.get("q") ?? "").trim();
  const waiting = orderInbox(text === "" ? all : all.filter((token) => fitsInbox(token, taskOf(token), text)), order);
  // Wide screens show the most urgent one at first, and keep it when a more urgent one comes; on small ones the list comes first.
  const [pinned, setPinned] = useState(waiting[0]?.id);
  if (pinned === undefined && waiting[0] !== undefined) setPinned(waiting[0].id);
  const shown =
    chosen ?? (view !== "waiting" ? undefined : text === "" || waiting.some((token) => token.id === pinned) ? pinned : waiting[0]?.id);

  const choose = (id: string | null) => setUrl({ token: id });
  function move(step: 1 | -1) {
    const ids = waiting.map((token) => token.id);
    const at = shown === undefined ? -1 : ids.indexOf(shown);
    const next = ids[at === -1 ? 0 : Math.min(ids.length - 1, Math.max(0, at + step))];
    if (view !== "waiting" || next === undefined) return;
    choose(next);
    document.getElementById(itemId({ id: next }))?.scrollIntoView({ block: "nearest" });
  }
  useShortcut("j", { label: "Next token", group: "Tokens", run: () => move(1) });
  useShortcut("k", { label: "Previous token", group: "Tokens", run: () => move(-1) });

  /** The one after it, else the one before it: the place in the list stays. */
  function advance(answered: string) {
    const at = waiting.findIndex((token) => token.id === answered);
    const next = waiting[at + 1] ?? waiting[at - 1];
    choose(next?.id ?? null);
    setPinned(next?.id);
  }

  // What teaches the next step has the whole width: there is no token to show beside it.
  const isEmpty = view === "waiting" && all.length === 0 && chosen === null;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <ReadOnlyNote refused={refused} />
      <div className={cn("min-h-0 flex-1", !isEmpty && "lg:grid lg:grid-cols-[22rem_minmax(0,1fr)]")}>
        <section
          aria-label="Tokens"
          className={cn(
            "flex min-h-0 flex-col border-line max-lg:h-full",
            isEmpty ? "h-full" : "lg:border-r",
            chosen !== null && "max-lg:hidden",
          )}
        >
          <div className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-4">
            <Segmented
              label="Which tokens"
              value={view}
              onChange={(next) => setUrl({ view: next === "waiting" ? null : next, token: null })}
              options={[
                { value: "waiting", label: `Waiting ${all.length}` },
                { value: "answered", label: "Answered" },
              ]}
            />
            {view === "waiting" ? (
              <Segmented
                label="Order"
                className="ml-auto"
                value={order}
                onChange={(next) => setUrl({ order: next === "deadline" ? null : next })}
                options={[
                  { value: "deadline", label: "Deadline" },
                  { value: "oldest", label: "Oldest" },
                ]}
              />
            ) : null}
          </div>
          {view === "waiting" && (all.length > 1 || text !== "") ? (
            <div className="flex h-10 shrink-0 items-center border-b border-line px-4">
              <Input
                type="search"
                aria-label="Find by task or tag"
                placeholder="Task or tag"
                defaultValue={text}
                onChange={(event) => setUrl({ q: event.target.value.trim() === "" ? null : event.target.value, token: null })}
                className="h-7"
              />
            </div>
          ) : null}
          <div className="min-h-0 flex-1 overflow-y-auto">
            {error === null ? null : <ErrorState className="m-3" title="Tokens could not be read" detail={error.message} onRetry={retry} />}
            {view === "answered" ? (
              <AnsweredList chosen={chosen} onChoose={choose} />
            ) : waiting.length === 0 && all.length > 0 ? (
              <EmptyState icon={<Hand />} title="No token fits">
                {plural(all.length, "token")} of other tasks and tags {all.length === 1 ? "waits" : "wait"} for an answer.
              </EmptyState>
            ) : waiting.length === 0 ? (
              <EmptyState icon={<Hand />} title="Nobody waits for an answer">
                <p>
                  A run that needs a person creates a token and waits; it appears here at once. The form comes from the JSON Schema in its
                  metadata:
                </p>
                <CodeBlock code={example} className="mt-3 text-left" />
              </EmptyState>
            ) : (
              <ul>
                {waiting.map((token) => (
                  <TokenItem key={token.id} token={token} stamp={stampOf(token)} chosen={token.id === shown} onChoose={choose} />
                ))}
              </ul>
            )}
          </div>
        </section>
        <section
          aria-label="Token"
          className={cn("min-h-0 overflow-y-auto max-lg:h-full", isEmpty ? "hidden" : chosen === null && "max-lg:hidden")}
        >
          <Button look="ghost" size="sm" className="m-2 lg:hidden" onClick={() => choose(null)}>
            <ArrowLeft aria-hidden className="size-3.5" /> All tokens
          </Button>
          {shown === undefined ? (
            <p className="px-6 py-12 text-center text-faint">
              {view === "answered" ? "Choose a token to see its answer." : "Nothing to answer."}
            </p>
          ) : (
            <TokenPanel
              key={shown}
              id={shown}
              stamp={stampOf(all.find((token) => token.id === shown))}
              latest={latest}
              onAnswered={advance}
              onUndone={choose}
            />
          )}
        </section>
      </div>
    </div>
  );
}
