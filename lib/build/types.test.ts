import { defineConfig as ours } from "@trigger.dev/sdk";
import { defineConfig as published } from "upstream-sdk";
import { expect, it } from "vitest";
import { esbuildPlugin, type BuildExtension } from "./extensions";
import { additionalFiles, ffmpeg, syncEnvVars } from "./extensions/core";
import { prismaExtension } from "./extensions/prisma";

const own: BuildExtension = {
  name: "own",
  onBuildStart: (context) => context.registerPlugin({ name: "none", setup() {} }, { placement: "first" }),
  onBuildComplete(context, manifest) {
    if (context.target === "deploy") context.addLayer({ id: manifest.contentHash, deploy: { env: { A: "b" } } });
  },
};
const extensions = [
  own,
  esbuildPlugin({ name: "none", setup() {} }),
  additionalFiles({ files: [] }),
  ffmpeg(),
  syncEnvVars(async () => [{ name: "A", value: "b", isSecret: true }]),
  prismaExtension({ mode: "modern" }),
];

it("extensions have the types that configs of this SDK and of the published one take", () => {
  const config = { project: "proj_types", maxDuration: 60, build: { extensions } };
  expect(ours(config)).toBe(config);
  expect(published(config)).toBe(config);
});
