"use client";
import { Pause, Play } from "lucide-react";
import { useState } from "react";
import type { NamedLimit } from "@/lib/contracts/dashboard";
import { formatCount, plural } from "@/lib/view/format";
import { ActionButton } from "../auth/permission";
import { OthersText } from "../ui/others-text";
import { PanelHead } from "../ui/page";
import { Table, Td, Th, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { setLimitPaused } from "./actions";
import { UsageBar } from "./usage-bar";

/** Named concurrency limits, which runs of several queues share; none: nothing is shown. */
export function NamedLimits({
  limits,
  refused,
  onChange,
}: {
  limits: readonly NamedLimit[];
  refused: string | undefined;
  onChange: () => void;
}) {
  if (limits.length === 0) return null;
  return (
    <section aria-label="Concurrency limits" className="mt-4 border-t border-line">
      <PanelHead title="Concurrency limits" detail={plural(limits.length, "limit")} />
      <Table>
        <thead>
          <tr>
            <Th>Limit</Th>
            <Th className="sm:w-48">Running</Th>
            <Th className="text-right">Queued</Th>
            <Th className="text-right max-sm:hidden">Per key</Th>
            <Th className="w-px">
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {limits.map((limit) => (
            <LimitLine key={limit.name} limit={limit} refused={refused} onChange={onChange} />
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function LimitLine({ limit, refused, onChange }: { limit: NamedLimit; refused: string | undefined; onChange: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const { name, perKey, total, running, queued, paused } = limit;

  async function toggle() {
    setBusy(true);
    const answer = await setLimitPaused(name, paused ? "resume" : "pause");
    setBusy(false);
    setError(answer.ok ? undefined : answer.problem.error);
    onChange();
  }

  return (
    <Tr>
      <Td className="max-w-72 max-sm:max-w-36">
        <span className="flex min-w-0 items-center gap-2">
          <span className="truncate font-mono">
            <OthersText text={name} whole="on hover" />
          </span>
          {paused ? <Badge tone="needs">Paused</Badge> : null}
          {error === undefined ? null : (
            <span role="alert" className="text-sm text-bad">
              {error}
            </span>
          )}
        </span>
      </Td>
      <Td>
        <UsageBar running={running} limit={total.current} paused={paused} />
      </Td>
      <Td className="text-right font-mono">{formatCount(queued)}</Td>
      <Td className="text-right font-mono max-sm:hidden">
        {perKey.current === null ? <span className="text-faint">∞</span> : formatCount(perKey.current)}
        {perKey.override === null && total.override === null ? null : <span className="ml-2 font-sans text-sm text-muted">overridden</span>}
      </Td>
      <Td>
        <ActionButton size="sm" busy={busy} refused={refused} onClick={() => void toggle()}>
          {paused ? <Play aria-hidden className="size-3.5" /> : <Pause aria-hidden className="size-3.5" />} {paused ? "Resume" : "Pause"}
        </ActionButton>
      </Td>
    </Tr>
  );
}
