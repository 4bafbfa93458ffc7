import { basename, join } from "node:path";
import { AbortTaskRunError, logger, metadata, schemaTask } from "@trigger.dev/sdk";
import { z } from "zod";
import { exists, projectPath, workspace } from "../lib/workspace";
import { storeFile, StoreBusyError, StoreRefusedError, weatherOf } from "./flaky-store";

export const examplePayload = { file: "trigger/data/docs/retries.md", seed: 27, failureRate: 0.6 };

/** Uploads over a bad line. Each attempt is one try; the pause between them grows, unless the store names its own. */
export const flakyStep = schemaTask({
  id: "flaky-step",
  description: "Uploads a file over a line that fails by a seeded pattern, and retries",
  retry: { maxAttempts: 5, factor: 2, minTimeoutInMs: 500, maxTimeoutInMs: 5_000, randomize: false },
  schema: z.object({
    file: z.string().describe("File to upload, relative to the project or absolute"),
    seed: z.number().int().min(0).default(27).describe("The same seed fails in the same attempts"),
    failureRate: z.number().min(0).max(1).default(0.6).describe("0 never fails, 1 always"),
  }),
  run: async ({ file, seed, failureRate }, { ctx }) => {
    const source = projectPath(file);
    // No attempt can make the file appear, so there is none: the run fails at once.
    if (!(await exists(source))) throw new AbortTaskRunError(`There is no file ${source}`);

    const attempt = ctx.attempt.number;
    const weather = weatherOf(seed, attempt, failureRate);
    metadata.set("status", `attempt ${attempt}`);
    logger.info("Uploading", { source, attempt, weather });
    const stored = await storeFile(source, join(workspace, "store", ctx.run.id, basename(source)), weather);
    logger.info("Stored", stored);
    metadata.set("status", `stored in attempt ${attempt}`);
    return { attempts: attempt, ...stored };
  },
  catchError: async ({ error, ctx }) => {
    if (error instanceof StoreRefusedError) return { skipRetrying: true };
    if (error instanceof StoreBusyError) return { retryDelayInMs: error.retryAfterMs };
    logger.warn(`Attempt ${ctx.attempt.number} failed`, { message: String(error) });
    return undefined;
  },
});
