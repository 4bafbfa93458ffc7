import sharp from "sharp";
import { expect, test } from "vitest";
import { findFiles } from "../lib/files";
import { sampleImages } from "./sample-images";

test("the sample pictures are real pictures in two formats", async () => {
  const files = await findFiles(await sampleImages(2), [".png", ".jpg"]);
  const kinds = await Promise.all(files.map(async ({ path }) => sharp(path).metadata()));
  expect(kinds.map(({ format, width, height }) => [format, width, height])).toEqual([
    ["png", 1600, 1000],
    ["jpeg", 1600, 1000],
  ]);
});
