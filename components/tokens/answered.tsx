"use client";
import { Check, ClockAlert } from "lucide-react";
import type { TokenRow } from "@/lib/contracts/token";
import { editablePayload } from "@/lib/values/recent-payload";
import { Ago } from "../live/time";
import { CodeBlock } from "../ui/code-block";

/** Who, when and what. */
export function Answered({ token }: { token: TokenRow }) {
  const output = token.output === undefined ? "" : editablePayload({ payload: token.output, payloadType: token.outputType ?? "application/json" });
  const timedOut = token.status === "TIMED_OUT";
  const Icon = timedOut ? ClockAlert : Check;
  return (
    <section aria-label="Answer" className="rounded border border-line bg-panel p-3">
      <p className="flex items-center gap-2">
        <Icon aria-hidden className={timedOut ? "size-4 text-bad" : "size-4 text-good"} />
        {timedOut ? "Nobody answered in time" : `Answered by ${token.completedBy ?? "somebody"}`}
        {token.completedAt === undefined ? null : <Ago at={token.completedAt} className="text-muted" />}
      </p>
      {timedOut ? null : output === null ? <p className="mt-2 text-faint">The answer is too large to show here.</p> : output === "" ? <p className="mt-2 text-faint">Without any data.</p> : <CodeBlock className="mt-2 max-h-80 overflow-auto" code={output} label="Copy answer" />}
    </section>
  );
}
