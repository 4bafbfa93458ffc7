import { basename, extname, join } from "node:path";
import { queue, schemaTask } from "@trigger.dev/sdk";
import sharp from "sharp";
import { z } from "zod";
import { writeWhole } from "../lib/workspace";

/** Decoding is heavy on memory: two pictures at a time, however many runs ask. */
export const imageQueue = queue({ name: "images", concurrencyLimit: 2 });

export const resizeImage = schemaTask({
  id: "resize-image",
  description: "Makes one picture of one width",
  queue: imageQueue,
  schema: z.object({
    source: z.string().describe("Picture to read"),
    folder: z.string().describe("Where the result goes"),
    width: z.number().int().min(16).max(4_096),
    format: z.enum(["webp", "jpeg", "png"]),
  }),
  run: async ({ source, folder, width, format }) => {
    const { data, info } = await sharp(source).rotate().resize({ width, withoutEnlargement: true }).toFormat(format).toBuffer({ resolveWithObject: true });
    const path = join(folder, `${basename(source, extname(source))}-${width}.${format}`);
    await writeWhole(path, data);
    return { path, width: info.width, height: info.height, bytes: info.size };
  },
});
