import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { importsOf, roomOf, rooms, sourceFiles, violationsIn } from "./rooms";

const root = join(import.meta.dirname, "..");

test("no room imports one that it may not", () => {
  const files = sourceFiles(root);
  // Seeing nothing would pass too.
  expect(files.length).toBeGreaterThan(150);
  for (const room of [
    "contracts",
    "pure",
    "client",
    "sdk",
    "components",
    "ui",
    "app",
    "db",
    "engine",
    "supervisor",
    "api",
    "gateway",
    "build",
    "worker",
  ])
    expect(files.filter((file) => roomOf(file) === room).length, `files of ${room}`).toBeGreaterThan(1);
  expect(violationsIn(root, files)).toEqual([]);
});

test("the order of the rooms has no cycle", () => {
  const reachable = (from: string, seen = new Set<string>()): Set<string> => {
    for (const next of rooms[from]?.may ?? []) if (!seen.has(next)) reachable(next, seen.add(next));
    return seen;
  };
  for (const room of Object.keys(rooms)) expect(reachable(room).has(room), room).toBe(false);
});

test.each([
  ["server/worker/main.ts", `import { openDatabase } from "../db/database";`, "worker may not import db"],
  ["server/engine/a.ts", `import type { Server } from "node:http";`, "engine may not use this package"],
  ["server/db/a.ts", `import type {\n  Engine,\n} from "@/server/engine/engine";`, "db may not import engine"],
  ["lib/contracts/a.ts", `export type { X } from "../ids";`, "contracts may not import pure"],
  ["lib/client/a.ts", `const x = await import("react");`, "client may not use this package"],
  ["components/a.tsx", `import { listen } from "@/server/http/listen";`, "components may not import http"],
  ["components/a.tsx", `import { newId } from "../lib/ids/ids";`, "another top folder is imported through @/"],
])("a planted violation in %s is found", (file, source, reason) => {
  const folder = mkdtempSync(join(tmpdir(), "rooms-"));
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), source);
  expect(violationsIn(folder, [file]).map((violation) => violation.reason)).toEqual([reason]);
  rmSync(folder, { recursive: true });
});

test("components leave the page through frame/leaving.ts alone, which asks whether the server answers", () => {
  const leaving = sourceFiles(root).filter(
    (file) => file.startsWith("components/") && /\buseRouter\b|\blocation\.reload\(/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(leaving).toEqual(["components/frame/leaving.ts"]);
});

test("imports are read from code, not from comments and texts", () => {
  expect(
    importsOf(`// import "a";\n/* import x from "b"; */\nimport c from "c";\nimport "d";\nexport * from 'e';\nconst t = "import x";`),
  ).toEqual(["c", "d", "e"]);
});
