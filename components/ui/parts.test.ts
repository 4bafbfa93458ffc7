import { beforeEach, expect, test } from "vitest";
import { loadParts, part, resumeParts } from "./parts";
import { showToasts } from "./toast";

let isOnline: boolean;
const told: string[] = [];
showToasts(({ text }) => told.push(text));
beforeEach(() => {
  isOnline = true;
  told.length = 0;
});

const code = (name: string) => () => (isOnline ? Promise.resolve(name) : Promise.reject(new Error(`ChunkLoadError ${name}`)));

test("a part is loaded once", async () => {
  let loads = 0;
  const menu = part(async () => ++loads);
  await menu.preload();
  expect([await menu.get(), await menu.get()]).toEqual([1, 1]);
});

test("what cannot be loaded says so once, and comes when the server is back", async () => {
  isOnline = false;
  const palette = part(code("palette"));
  const shown = palette.get();
  await expect.poll(() => told).toHaveLength(1);
  resumeParts();
  isOnline = true;
  await expect.poll(() => (resumeParts(), Promise.race([shown, Promise.resolve("not yet")]))).toBe("palette");
  expect(told).toHaveLength(1);
});

test("a preload that fails is quiet", async () => {
  isOnline = false;
  await part(code("dialog")).preload();
  expect(told).toEqual([]);
});

test("all parts are loaded, also those that parts bring with them", async () => {
  const loaded: string[] = [];
  part(async () => {
    part(async () => loaded.push("inner"));
    loaded.push("outer");
  });
  isOnline = true;
  expect(await loadParts()).toBe(true);
  expect(loaded).toEqual(["outer", "inner"]);
});
