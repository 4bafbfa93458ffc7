import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { pruneBuilds } from "./prune-builds";

const minute = 60_000;

it("removes what nothing needs, but not the newest, the needed and what is being made", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "prune-"));
  const now = Date.now();
  const age = { old: 90, needed: 80, older: 70, newest: 30, fresh: 1, ".new-crashed": 60, ".new-now": 1, node_modules: 99 };
  for (const [name, minutes] of Object.entries(age)) {
    mkdirSync(join(dataDir, "builds", name), { recursive: true });
    utimesSync(join(dataDir, "builds", name), new Date(now - minutes * minute), new Date(now - minutes * minute));
  }
  try {
    const removed = await pruneBuilds({ dataDir, now, keepNewest: 2, needed: async () => ["needed"] });
    expect(removed.toSorted()).toEqual([".new-crashed", "old", "older"]);
    expect(readdirSync(join(dataDir, "builds")).toSorted()).toEqual([".new-now", "fresh", "needed", "newest", "node_modules"]);
    expect(await pruneBuilds({ dataDir: join(dataDir, "none"), now, needed: async () => [] })).toEqual([]);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
