import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { featuresPage, readFeatures } from "../scripts/features.mjs";

const root = join(import.meta.dirname, "..");
const common = { id: z.string(), area: z.string(), title: z.string().min(1) };
const Feature = z.union([
  z.strictObject({ ...common, reason: z.string().min(1) }),
  z.strictObject({ ...common, file: z.string(), test: z.string().min(1) }),
]);
const features = Feature.array().parse(readFeatures());

test("each feature has one row, and a test that is there or a reason", () => {
  expect(features.length).toBeGreaterThan(300);
  expect(new Set(features.map(({ id }) => id)).size).toBe(features.length);
  const isThere = ({ file, test: title }: { file: string; test: string }) =>
    existsSync(join(root, file)) && readFileSync(join(root, file), "utf8").includes(JSON.stringify(title));
  expect(features.filter((feature) => "test" in feature && !isThere(feature)).map(({ id }) => id)).toEqual([]);
});

test("docs/features.md is what the list says", () => {
  expect(readFileSync(join(root, "docs/features.md"), "utf8")).toBe(featuresPage(features));
});
