import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openUploads, removeUploads } from "./uploads";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "uploads-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("an environment does not have what was uploaded to another one of the same data directory", async () => {
  const [prod, dev] = [openUploads({ folder, environmentId: "env_prod" }), openUploads({ folder, environmentId: "env_dev" })];
  await prod.put("upload/abc/payload.json", "secret", "text/plain");
  expect((await prod.get("upload/abc/payload.json"))?.data).toBe("secret");
  for (const path of ["upload/abc/payload.json", "env_prod/upload/abc/payload.json", "../env_prod/upload/abc/payload.json"])
    expect(await dev.get(path)).toBeNull();
  prod.close();
  dev.close();
});

test("uploads go a day after they came, younger ones stay", async () => {
  const uploads = openUploads({ folder, environmentId: "env_1" });
  await uploads.put("old", "x", "text/plain");
  const old = (await readdir(folder, { recursive: true })).find((name) => name.length > 60) ?? "";
  const before = new Date(Date.now() - 25 * 3_600_000);
  await utimes(join(folder, old), before, before);
  await uploads.put("young", "y", "text/plain");
  await removeUploads(folder, Date.now() - 24 * 3_600_000);
  expect(await uploads.get("old")).toBeNull();
  expect((await uploads.get("young"))?.data).toBe("y");
  await removeUploads(join(folder, "missing"), Date.now());
  uploads.close();
});
