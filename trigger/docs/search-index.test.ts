import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { findFiles } from "../lib/files";
import { exists } from "../lib/workspace";
import { headingProblems, localLinks } from "./doc-checks";
import { buildIndex, search, sectionsOf } from "./search-index";

const handbook = resolve(dirname(fileURLToPath(import.meta.url)), "../data/docs");

describe("sectionsOf", () => {
  test("cuts at headings and keeps what stands before the first", () => {
    const sections = sectionsOf(
      "a.md",
      "intro *here*\n\n# One\n\ntext `code`\n\n## Two\n\n- x\n- y **z**\n\n| h | i |\n|---|---|\n| c | d |\n",
    );
    expect(sections.map(({ heading, text }) => [heading, text])).toEqual([
      ["a.md", "intro here"],
      ["One", "text code"],
      ["Two", "x y z h i c d"],
    ]);
  });
  test("an empty file has no sections", () => expect(sectionsOf("a.md", "\n")).toEqual([]));
});

describe("search", () => {
  test("rare words in short sections come first, and inherited property names are not words", () => {
    const index = buildIndex(sectionsOf("a.md", "# Alpha\n\nthe signal\n\n# Beta\n\nthe the the lamp\n\n# constructor\n\nthe end"));
    expect(search(index, "signal the").map((hit) => hit.heading)).toEqual(["Alpha", "Beta", "constructor"]);
    expect(search(index, "toString valueOf")).toEqual([]);
    expect(search(index, "constructor")[0]?.heading).toBe("constructor");
    expect(search(index, "")).toEqual([]);
  });
});

describe("the shipped handbook", () => {
  test("has sound links and headings, and answers the example query", async () => {
    const files = await findFiles(handbook, [".md"]);
    expect(files.length).toBeGreaterThanOrEqual(6);
    const texts = await Promise.all(files.map(async ({ name, path }) => ({ name, path, text: await readFile(path, "utf8") })));
    expect(texts.flatMap(({ name, text }) => headingProblems(text).map((p) => `${name}: ${p}`))).toEqual([]);
    const targets = texts.flatMap(({ path, text }) => localLinks(text).map((link) => join(dirname(path), link)));
    expect(targets.length).toBeGreaterThanOrEqual(6);
    for (const target of targets) expect([target, await exists(target)]).toEqual([target, true]);
    const hits = search(buildIndex(texts.flatMap(({ name, text }) => sectionsOf(name, text))), "wait for a person");
    expect(hits[0]).toMatchObject({ file: "waits.md", heading: "For a person" });
  });
  test("checks find what is wrong", () => {
    expect(headingProblems("## A\n\n#### B")).toEqual(["heading 2 jumps from level 2 to 4", "needs exactly one heading of level 1"]);
    expect(localLinks("[a](b.md#x) [w](https://e.org) [h](#here) ![i](p%20q.png) [m](mailto:a@b.c)")).toEqual(["b.md", "p q.png"]);
  });
});
