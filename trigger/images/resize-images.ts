import { join } from "node:path";
import { AbortTaskRunError, logger, metadata, schemaTask, tags } from "@trigger.dev/sdk";
import { z } from "zod";
import { findFiles } from "../lib/files";
import { projectPath, workspace } from "../lib/workspace";
import { resizeImage } from "./resize-image";
import { sampleImages } from "./sample-images";

export const examplePayload = { widths: [1280, 640, 320], format: "webp" };

/** One child run per picture and width, two at a time because of the queue `images`. A bad picture fails alone. */
export const resizeImages = schemaTask({
  id: "resize-images",
  description: "Resizes a folder of pictures to several widths",
  schema: z.object({
    folder: z.string().optional().describe("Folder with PNG and JPEG files. Empty: six sample pictures are drawn first"),
    widths: z.array(z.number().int().min(16).max(4_096)).min(1).max(8).describe("Widths in pixels"),
    format: z.enum(["webp", "jpeg", "png"]).default("webp"),
  }),
  run: async ({ folder, widths, format }, { ctx }) => {
    const source = folder ? projectPath(folder) : await logger.trace("draw samples", () => sampleImages(6));
    const pictures = await findFiles(source, [".png", ".jpg", ".jpeg"]);
    if (pictures.length === 0) throw new AbortTaskRunError(`${source} holds no PNG or JPEG files`);
    const jobs = pictures.flatMap((picture) => widths.map((width) => ({ source: picture.path, width })));
    if (jobs.length > 1_000) throw new AbortTaskRunError(`${jobs.length} pictures are more than one batch takes: choose fewer widths`);

    await tags.add(format);
    metadata.set("status", `${pictures.length} pictures in ${widths.length} widths`);
    const target = join(workspace, "resized", ctx.run.id);
    const { runs } = await resizeImage.batchTriggerAndWait(jobs.map((job) => ({ payload: { ...job, folder: target, format } })));

    const made = runs.flatMap((run) => (run.ok ? [run.output] : []));
    const failed = runs.flatMap((run, i) => (run.ok ? [] : [{ source: jobs[i]?.source, run: run.id, error: String(run.error) }]));
    if (made.length === 0) throw new AbortTaskRunError(`No picture could be resized, first error: ${failed[0]?.error}`);
    metadata.set("status", `${made.length} made, ${failed.length} failed`);
    return {
      folder: target,
      bytesIn: pictures.reduce((sum, picture) => sum + picture.bytes, 0),
      bytesOut: made.reduce((sum, image) => sum + image.bytes, 0),
      made,
      failed,
    };
  },
});
