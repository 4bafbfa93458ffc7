"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { conditionWords, valueWords } from "@/lib/alerts/words";
import type { AlertChannel, AlertCondition, AlertPreview } from "@/lib/contracts/alerts";
import { alertLimits, alertMeasures, alertPercentiles, alertWindows, isTimed, type AlertMeasure } from "@/lib/contracts/alerts-choices";
import { limits } from "@/lib/contracts/limits";
import { formatCount, plural } from "@/lib/view/format";
import { send } from "../auth/request";
import { messageOf, sendJson } from "../live/api";
import { usePaced } from "../live/hooks";
import { TimeChart } from "../metrics/time-chart";
import { Button } from "../ui/button";
import { CheckField } from "../ui/check-field";
import { Dialog } from "../ui/dialog";
import { Field, Input, NativeSelect } from "../ui/input";
import { Skeleton } from "../ui/skeleton";
import { conditionOf, withMeasure, type Draft } from "./draft";

const measureWords: Record<AlertMeasure, string> = {
  failures: "Failed runs",
  ends: "Ended runs",
  rate: "Ended runs per minute",
  failureRate: "Failure rate",
  duration: "Compute time",
  wait: "Wait for a start",
  silence: "No run at all",
};
/** While somebody types, it is drawn so often at most. */
const typingMs = 400;
const windowWords: Record<number, string> = { 5: "5 minutes", 15: "15 minutes", 60: "an hour", 360: "6 hours", 1440: "a day" };

interface RuleDialogProps {
  draft: Draft;
  /** Of a rule that is changed. */
  id?: string;
  channels: readonly AlertChannel[];
  onClose: () => void;
  onSaved: () => void;
}

export function RuleDialog({ draft: before, id, channels, onClose, onSaved }: RuleDialogProps) {
  const [draft, setDraft] = useState(before);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const condition = conditionOf(draft);
  const change = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part });
    setError(undefined);
  };

  async function save() {
    if (typeof condition === "string") return;
    if (draft.name.trim() === "") return setError("Name it, such as “Orders fail”");
    setBusy(true);
    const answer = await send(`/api/dashboard/alerts${id === undefined ? "" : `/${encodeURIComponent(id)}`}`, {
      name: draft.name.trim(),
      condition,
      channels: draft.channels,
    });
    setBusy(false);
    if (!answer.ok) return setError(answer.problem.error);
    onSaved();
    onClose();
    return undefined;
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      size="lg"
      title={id === undefined ? "New alert" : "Change alert"}
      description={typeof condition === "string" ? "It fires while what it measures is above its bound." : `${conditionWords(condition)}.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} disabled={typeof condition === "string"} onClick={() => void save()}>
            {id === undefined ? "Create alert" : "Save alert"}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        <Field label="Name" error={error}>
          {(control) => (
            <Input
              {...control}
              value={draft.name}
              maxLength={alertLimits.name}
              onChange={(event) => change({ name: event.target.value })}
            />
          )}
        </Field>
        <div className="grid gap-3 sm:grid-cols-3">
          <Field label="Measure">
            {(control) => (
              <NativeSelect
                {...control}
                value={draft.measure}
                onChange={(event) => setDraft(withMeasure(draft, alertMeasures.find((one) => one === event.target.value) ?? "failures"))}
              >
                {alertMeasures.map((one) => (
                  <option key={one} value={one}>
                    {measureWords[one]}
                  </option>
                ))}
              </NativeSelect>
            )}
          </Field>
          {draft.measure === "silence" ? null : (
            <Field
              label={draft.measure === "failureRate" ? "Above, %" : "Above"}
              error={typeof condition === "string" ? condition : undefined}
            >
              {(control) => (
                <Input {...control} value={draft.bound} className="font-mono" onChange={(event) => change({ bound: event.target.value })} />
              )}
            </Field>
          )}
          <Field label="In">
            {(control) => (
              <NativeSelect {...control} value={draft.windowMinutes} onChange={(event) => change({ windowMinutes: event.target.value })}>
                {alertWindows.map((one) => (
                  <option key={one} value={one}>
                    {windowWords[one]}
                  </option>
                ))}
              </NativeSelect>
            )}
          </Field>
          {isTimed(draft.measure) ? (
            <Field label="Percentile">
              {(control) => (
                <NativeSelect {...control} value={draft.percentile} onChange={(event) => change({ percentile: event.target.value })}>
                  {alertPercentiles.map((one) => (
                    <option key={one} value={one}>
                      p{one}
                    </option>
                  ))}
                </NativeSelect>
              )}
            </Field>
          ) : null}
          <Field label="Only these tasks" help="Ids joined by commas; empty for all">
            {(control) => (
              <Input
                {...control}
                value={draft.task}
                spellCheck={false}
                className="font-mono"
                onChange={(event) => change({ task: event.target.value })}
              />
            )}
          </Field>
          <Field label="Only these queues" help="Names joined by commas; empty for all">
            {(control) => (
              <Input
                {...control}
                value={draft.queue}
                spellCheck={false}
                className="font-mono"
                onChange={(event) => change({ queue: event.target.value })}
              />
            )}
          </Field>
        </div>
        {typeof condition === "string" ? null : <Preview condition={condition} />}
        <fieldset>
          <legend className="mb-1 font-medium">Tell</legend>
          {channels.length === 0 ? (
            <p className="text-sm text-faint">
              There is no channel yet: what fires stands on this page alone. An admin can add one below the list.
            </p>
          ) : null}
          {channels.map((channel) => (
            <CheckField
              key={channel.id}
              label={channel.name}
              help={channel.shown}
              checked={draft.channels.includes(channel.id)}
              onCheckedChange={(checked) =>
                change({ channels: checked ? [...draft.channels, channel.id] : draft.channels.filter((one) => one !== channel.id) })
              }
            />
          ))}
        </fieldset>
      </div>
    </Dialog>
  );
}

/** What it would have measured, with where it would have fired. */
function Preview({ condition }: { condition: AlertCondition }) {
  const asked = usePaced(JSON.stringify(condition), typingMs);
  const { data, error } = useQuery({
    queryKey: ["alert-preview", asked],
    queryFn: () => sendJson<AlertPreview>("/api/dashboard/alerts/preview", { json: { condition: JSON.parse(asked) } }),
    placeholderData: (held) => held,
  });
  if (error !== null) return <p className="text-sm text-faint">It could not be drawn: {messageOf(error)}</p>;
  if (data === undefined) return <Skeleton className="h-44" />;
  if (data.points.length === 0)
    return <p className="text-sm text-faint">Nothing was counted in the last 30 days that it could be drawn over.</p>;
  const fired = `Would have fired ${plural(data.firings, "time")} in the last 30 days`;
  const bound =
    condition.measure === "silence"
      ? []
      : [{ name: "bound", color: "var(--needs-bar)", values: data.points.map(() => condition.bound), dashed: true }];
  return (
    <section aria-label="Last 30 days">
      <output className="block font-medium">
        {fired}
        {data.isPart ? (
          <span className="font-normal text-needs">, as far as the newest {formatCount(limits.measuredRuns)} runs tell</span>
        ) : null}
      </output>
      <TimeChart
        times={data.points.map(({ at }) => at)}
        hours={720}
        look="lines"
        format={(value) => valueWords(condition, value)}
        series={[{ name: "measured", color: "var(--moving-bar)", values: data.points.map(({ value }) => value) }, ...bound]}
        marked={data.points.map(({ firing }) => firing)}
        words={fired}
      />
    </section>
  );
}
