import { basename, extname, join, resolve } from "node:path";
import { queue, schemaTask } from "@trigger.dev/sdk";
import sharp from "sharp";
import { z } from "zod";
import { projectPath, workspace, writeWhole } from "../lib/workspace";

export const examplePayload = { source: "trigger/data/signal.svg", folder: "resized/by-hand", width: 640, format: "webp" };

/** Decoding is heavy on memory: two pictures at a time, however many runs ask. */
export const imageQueue = queue({ name: "images", concurrencyLimit: 2 });

export const resizeImage = schemaTask({
  id: "resize-image",
  description: "Makes one picture of one width",
  queue: imageQueue,
  schema: z.object({
    source: z.string().describe("Picture to read, relative to the project or absolute"),
    folder: z.string().describe("Where the result goes, relative to the workspace of the examples or absolute"),
    width: z.number().int().min(16).max(4_096),
    format: z.enum(["webp", "jpeg", "png"]),
  }),
  run: async ({ source, folder, width, format }) => {
    const { data, info } = await sharp(projectPath(source))
      .rotate()
      .resize({ width, withoutEnlargement: true })
      .toFormat(format)
      .toBuffer({ resolveWithObject: true });
    const path = join(resolve(workspace, folder), `${basename(source, extname(source))}-${width}.${format}`);
    await writeWhole(path, data);
    return { path, width: info.width, height: info.height, bytes: info.size };
  },
});
