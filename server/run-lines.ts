import type { RunRow, TraceItem } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/status";
import { formatDuration } from "@/lib/view/format";
import type { Feed } from "./engine/feed";
import type { Logger } from "./log";

interface TellOptions {
  feed: Pick<Feed, "onRuns" | "onTrace">;
  origin(): string;
  log: Logger;
  /** What runs write to the console is in the output already. */
  isConsoleEchoed(): boolean;
}

/** As many lines a second as a person reads; what is beyond is counted. Failures have a share of their own. */
const linesPerSecond = 20;
const failuresPerSecond = 5;
const mostNames = 5_000;

/** Says in the log, for whoever develops, which runs start and how they end, and what they write. Returns how to stop. */
export function tellRuns({ feed, origin, log, isConsoleEchoed }: TellOptions): () => void {
  /** Of runs that were told to have started, ended ones for a while: what they wrote comes after their end. */
  const started = new Map<string, { task: string; attempt: number }>();
  const quiet = { started: 0, completed: 0, failed: 0, lines: 0 };
  let left = linesPerSecond;
  let failuresLeft = failuresPerSecond;
  let window: NodeJS.Timeout | undefined;

  function endWindow(): void {
    window = undefined;
    left = linesPerSecond;
    failuresLeft = failuresPerSecond;
    const { lines, ...runs } = quiet;
    const parts = Object.entries(runs).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
    if (lines > 0) parts.push(`${lines} ${lines === 1 ? "line" : "lines"} written`);
    Object.assign(quiet, { started: 0, completed: 0, failed: 0, lines: 0 });
    if (parts.length > 0) log.info(`… and more runs in this second: ${parts.join(", ")}`);
  }

  /** Whether there is room for a line; counts it as what it would have said if not. */
  function takesLine(what: keyof typeof quiet): boolean {
    window ??= setTimeout(endWindow, 1_000).unref();
    if (what === "failed" ? failuresLeft-- > 0 : left-- > 0) return true;
    quiet[what]++;
    return false;
  }

  function onRun(row: RunRow): void {
    const { id: run, task, status, attempt } = row;
    const known = started.get(run);
    if (isFinal(status)) return tellEnd(row);
    if (status === "EXECUTING" && known?.attempt !== attempt) {
      started.delete(run);
      started.set(run, { task, attempt });
      const [oldest] = started.keys();
      if (started.size > mostNames && oldest !== undefined) started.delete(oldest);
      if (takesLine("started")) log.info(attempt > 1 ? `${task} started, attempt ${attempt}` : `${task} started`, { run });
    }
  }

  function tellEnd({ id: run, task, status, startedAt, createdAt, finishedAt, error }: RunRow): void {
    const took = formatDuration(Date.parse(finishedAt ?? createdAt) - Date.parse(startedAt ?? createdAt));
    if (status === "COMPLETED") {
      if (takesLine("completed")) log.info(`${task} completed in ${took}`, { run });
      return;
    }
    const reason = error === undefined ? "" : `: ${[error.name, error.message.split("\n", 1)[0]].filter(Boolean).join(": ")}`;
    if (takesLine("failed"))
      log.warn(`${task} ${status.toLowerCase().replaceAll("_", " ")} after ${took}${reason}`, { run, link: `${origin()}/runs/${run}` });
  }

  function onLine({ runId: run, kind, level = "log", name }: TraceItem): void {
    if (kind !== "log" || isConsoleEchoed() || !takesLine("lines")) return;
    const task = started.get(run)?.task ?? "run";
    log[level === "warn" || level === "error" ? "warn" : "info"](`${task} | ${name}`, { run });
  }

  const stops = [
    feed.onRuns((changes) => {
      for (const { row } of changes) onRun(row);
    }),
    feed.onTrace((items) => {
      for (const item of items) onLine(item);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    clearTimeout(window);
  };
}
