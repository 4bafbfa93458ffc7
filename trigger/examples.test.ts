import { readdirSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { listTasks } from "@trigger.dev/sdk/internal";
import { beforeAll, expect, test } from "vitest";
import type { BundleManifest } from "@/lib/contracts/task";
import { describeBundle } from "@/server/worker/manifest";

const root = join(import.meta.dirname, "..");
let manifest: BundleManifest;

beforeAll(async () => {
  const paths = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".ts") && !path.endsWith(".test.ts"),
  );
  const files = await Promise.all(
    paths.map(async (path) => ({ path: `trigger/${path}`, exports: { ...(await import(join(import.meta.dirname, path))) } })),
  );
  manifest = describeBundle({ config: undefined, files, absent: [] }, root);
});

/** Runs a task with its example, outside of a run. */
async function output(id: string): Promise<unknown> {
  const task = listTasks().find((candidate) => candidate.id === id);
  const example = manifest.tasks.find((candidate) => candidate.id === id)?.examplePayload;
  const run = task?.run as (payload: unknown) => unknown; // these look at their payload alone
  return run(await task?.parse?.(example));
}

test("every task offers a payload on the Test page, and takes it", async () => {
  expect(manifest.tasks.length).toBeGreaterThan(12);
  expect(manifest.tasks.filter((task) => task.examplePayload === undefined).map((task) => task.id)).toEqual([]);
  for (const task of listTasks()) await task.parse?.(manifest.tasks.find(({ id }) => id === task.id)?.examplePayload);
});

test("those that others call run alone, too", async () => {
  expect(await output("check-links")).toMatchObject({ checked: expect.any(Number), broken: [] });
  expect(await output("check-headings")).toMatchObject({ problems: [] });
  expect(await output("measure-reading")).toMatchObject({ files: 6 });
  expect(await output("import-chunk")).toMatchObject({ totals: { orders: 118, rejected: 2 } });
  const picture = (await output("resize-image")) as { path: string; bytes: number };
  expect(picture).toMatchObject({ width: 640, height: 400 });
  expect((await stat(picture.path)).size).toBe(picture.bytes);
});
