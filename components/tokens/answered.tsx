"use client";
import type { TokenRow } from "@/lib/contracts/token";
import { editablePayload } from "@/lib/values/recent-payload";
import { verdictOf } from "@/lib/forms/answer-form";
import { readableText } from "@/lib/view/readable-text";
import { cn } from "../ui/cn";
import { verdictLook } from "./verdict";
import { Ago } from "../live/time";
import { CodeBlock } from "../ui/code-block";

/** Who, when and what. */
export function Answered({ token }: { token: TokenRow }) {
  const output =
    token.output === undefined ? "" : editablePayload({ payload: token.output, payloadType: token.outputType ?? "application/json" });
  const verdict = verdictOf(token);
  const { Icon, by, tone } = verdictLook[verdict];
  return (
    <section aria-label="Answer" className="rounded border border-line bg-panel p-3">
      <p className="flex items-center gap-2">
        <Icon aria-hidden className={cn("size-4 shrink-0", tone)} />
        {verdict === "timed out" ? by : `${by} ${readableText(token.completedBy ?? "somebody")}`}
        {token.completedAt === undefined ? null : <Ago at={token.completedAt} className="text-muted" />}
      </p>
      {verdict === "timed out" ? null : output === null ? (
        <p className="mt-2 text-faint">The answer is too large to show here.</p>
      ) : output === "" ? (
        <p className="mt-2 text-faint">Without any data.</p>
      ) : (
        <CodeBlock className="mt-2 max-h-80 overflow-auto" code={output} label="Copy answer" />
      )}
    </section>
  );
}
