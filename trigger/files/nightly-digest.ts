import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { logger, metadata, schedules } from "@trigger.dev/sdk";
import { findFiles, type FoundFile } from "../lib/files";
import { workspace, writeWhole } from "../lib/workspace";
import { digestMarkdown } from "./digest";

/** Offered on the Test page; a tick sends the same fields. */
export const examplePayload = {
  type: "DECLARATIVE",
  scheduleId: "sched_1234",
  timestamp: "2026-11-24T02:00:00.000Z",
  timezone: "UTC",
  upcoming: [],
};

/** Sums up what the examples have written since the last digest (or in the day before the first one). */
export const nightlyDigest = schedules.task({
  id: "nightly-digest",
  description: "Each night at two: a digest of the files that were written since the last one",
  cron: { pattern: "0 2 * * *", timezone: "Europe/Vienna" },
  run: async (payload) => {
    // A payload typed by hand is JSON, where dates are text.
    const until = new Date(payload.timestamp);
    const since = payload.lastTimestamp ? new Date(payload.lastTimestamp) : new Date(until.getTime() - 86_400_000);
    const isNew = (file: FoundFile) => file.modifiedAt >= since && !file.name.startsWith("digests/");
    const files = (await findFiles(workspace)).filter(isNew);

    metadata.set("status", `${files.length} files`);
    const lines = [];
    for (const [i, file] of files.entries()) {
      lines.push({ ...file, kind: extname(file.name) || "none", sha256: await hashOf(file.path) });
      metadata.set("progress", (i + 1) / files.length);
    }
    const path = await writeWhole(
      join(workspace, "digests", `${until.toISOString().slice(0, 10)}.md`),
      digestMarkdown(since, until, lines),
    );
    logger.info("Digest written", { path, next: String(payload.upcoming?.[0] ?? "not scheduled") });
    return { path, files: files.length, bytes: files.reduce((sum, file) => sum + file.bytes, 0), since, until };
  },
});

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
