import type { Readable } from "node:stream";
import type { Logger } from "@/server/log";

/** Lines per second and process that reach the log; a task that prints in a loop must not fill the disk. */
const linesPerSecond = 100;
const longestLine = 4_000;
/** V8 says this before it aborts; the text differs between "heap limit", "invalid size" and "scavenger" failures. */
const heapMarker = /JavaScript heap out of memory|Reached heap limit|FATAL ERROR: .*(?:Allocation failed|out of memory)/i;

interface Output {
  /** The process said that its heap is full. */
  heapExhausted(): boolean;
  /** Last lines of stderr, for the error of a crash. */
  lastErrors(): string;
}

/** What a worker prints besides the console, which is captured per run: native code, early crashes, direct writes. */
export function captureOutput(stdout: Readable | null, stderr: Readable | null, log: Logger): Output {
  let isExhausted = false;
  let tail = "";
  const limited = rateLimit(log);
  lines(stdout, (line) => limited("info", line));
  lines(stderr, (line) => {
    if (heapMarker.test(line)) isExhausted = true;
    tail = `${tail}${line}\n`.slice(-2_000);
    limited("warn", line);
  });
  return { heapExhausted: () => isExhausted, lastErrors: () => tail.trim() };
}

function lines(stream: Readable | null, onLine: (line: string) => void): void {
  let rest = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = (parts.pop() ?? "").slice(-longestLine);
    for (const part of parts) if (part.trim() !== "") onLine(part.slice(0, longestLine));
  });
  stream?.on("end", () => {
    if (rest.trim() !== "") onLine(rest);
  });
}

function rateLimit(log: Logger): (level: "info" | "warn", line: string) => void {
  let second = 0;
  let printed = 0;
  let dropped = 0;
  return (level, line) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      if (dropped > 0) log.warn("a task process printed too much", { dropped });
      second = now;
      printed = 0;
      dropped = 0;
    }
    if (printed >= linesPerSecond) {
      dropped++;
      return;
    }
    printed++;
    log[level](line);
  };
}
