import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

const Lock = z.object({ packages: z.record(z.string(), z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() })) });

test("the lock file names the packages of every platform: npm ci refuses it otherwise, on a registry that lacks some of them", () => {
  const { packages } = Lock.parse(JSON.parse(readFileSync(join(import.meta.dirname, "..", "package-lock.json"), "utf8")));
  const isLocked = (path: string, name: string): boolean => {
    for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
      if (packages[at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`] !== undefined) return true;
      if (at === "") return false;
    }
  };
  const wanted = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({ path, name })),
  );
  expect(wanted.length).toBeGreaterThan(50);
  expect(wanted.filter(({ path, name }) => !isLocked(path, name))).toEqual([]);
});
