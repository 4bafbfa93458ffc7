"use client";
import { useState, type ReactNode } from "react";
import type { ServerSettings } from "@/lib/contracts/dashboard";
import { formatCount, formatDuration, plural } from "@/lib/view/format";
import { applyTheme, readTheme, themes, type Theme } from "../frame/theme";
import { useZone } from "../live/time";
import { chooseZone } from "../live/zone";
import { Facts, PanelHead } from "../ui/page";
import { Segmented } from "../ui/segmented";

const themeWords: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };
const zones = [
  { value: "local", label: "This browser's" },
  { value: "utc", label: "UTC" },
] as const;

export function SettingsView({ settings, theme: before }: { settings: ServerSettings; theme: Theme }) {
  const [theme, setTheme] = useState(before);
  const zone = useZone();
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <section aria-label="For you">
        <PanelHead title="For you" detail="kept by this browser" />
        <div className="flex flex-col gap-4 px-4 py-4">
          <Choice name="Theme">
            <Segmented
              label="Theme"
              value={theme}
              onChange={(chosen) => {
                applyTheme(chosen);
                setTheme(readTheme(chosen));
              }}
              options={themes.map((value) => ({ value, label: themeWords[value] }))}
            />
          </Choice>
          <Choice name="Times are shown in">
            <Segmented label="Time zone" value={zone} onChange={chooseZone} options={zones} />
          </Choice>
        </div>
      </section>
      <section aria-label="Retention" className="border-t border-line">
        <PanelHead title="Retention" />
        <p className="max-w-2xl px-4 py-4">
          Finished runs, with their payloads, outputs, traces and streams, are kept for{" "}
          <b className="font-medium">{plural(settings.retentionDays, "day")}</b> after they were made and ended; then they are removed,
          within an hour. What has not finished, and what a live run or an idempotency key still needs, stays. Charts, errors and the
          history of alerts go back as far.
        </p>
      </section>
      <section aria-label="Server" className="border-t border-line">
        <PanelHead title="Server" detail="set by the environment it is started with" />
        <Facts className="px-4 py-4" facts={factsOf(settings)} />
      </section>
    </div>
  );
}

const Choice = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
    <span className="w-40 text-faint">{name}</span>
    {children}
  </div>
);

const rate = ({ requests, perMs }: { requests: number; perMs: number }) =>
  requests >= Number.MAX_SAFE_INTEGER ? "none" : `${plural(requests, "request")} in ${formatDuration(perMs)}`;
const bound = (ms: number | null) => (ms === null ? "none" : formatDuration(ms));

function factsOf({
  origin,
  version,
  mode,
  tokenLifeMs,
  rateLimits,
  debounceMaxMs,
  ttlMaxMs,
  queueSizeMax,
  defaultMachine,
}: ServerSettings): (readonly [string, string])[] {
  return [
    ["Address", origin],
    ["Version", version],
    ["Serves", mode === "production" ? "deployed versions" : "the project as it is edited"],
    ["Requests per key", rateLimits === null ? "no bound" : rate(rateLimits.keys)],
    ["Requests per public token", rateLimits === null ? "no bound" : rate(rateLimits.publicTokens)],
    ["Longest life of a public token", formatDuration(tokenLifeMs)],
    ["Longest TTL", bound(ttlMaxMs)],
    ["Longest debounce", bound(debounceMaxMs)],
    ["Runs that may wait in a queue", queueSizeMax === 0 ? "any number" : formatCount(queueSizeMax)],
    ["Machine of tasks that name none", defaultMachine],
  ];
}
