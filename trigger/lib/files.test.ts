import { join } from "node:path";
import { expect, test } from "vitest";
import { findFiles } from "./files";
import { workspace, writeWhole } from "./workspace";

const folder = join(workspace, "test");

test("files are found below a folder in order, and none below an absent one", async () => {
  await writeWhole(join(folder, "tree", "b", "2.md"), "b");
  await writeWhole(join(folder, "tree", "a.md"), "a");
  await writeWhole(join(folder, "tree", "c.txt"), "c");
  expect((await findFiles(join(folder, "tree"), [".md"])).map(({ name, bytes }) => [name, bytes])).toEqual([
    ["a.md", 1],
    ["b/2.md", 1],
  ]);
  expect(await findFiles(join(folder, "absent"))).toEqual([]);
});
