import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { schemaTask } from "@trigger.dev/sdk";
import { lexer, walkTokens } from "marked";
import { z } from "zod";
import { findFiles } from "../lib/files";
import { exists, projectPath } from "../lib/workspace";
import { plainText, wordsOf } from "./search-index";

/** Three tasks take the same; an example in the schema is offered for each of them. */
const schema = z.object({ folder: z.string().describe("Folder with .md files") }).meta({ examples: [{ folder: "trigger/data/docs" }] });

async function markdownIn(folder: string) {
  const files = await findFiles(projectPath(folder), [".md", ".mdx"]);
  return Promise.all(files.map(async ({ path, name }) => ({ path, name, text: await readFile(path, "utf8") })));
}

/** Links to files must lead to a file. Links to the web are left alone. */
export const checkLinks = schemaTask({
  id: "check-links",
  schema,
  run: async ({ folder }) => {
    const broken: string[] = [];
    let checked = 0;
    for (const { path, name, text } of await markdownIn(folder)) {
      for (const target of localLinks(text)) {
        checked++;
        if (!(await exists(resolve(dirname(path), target)))) broken.push(`${name}: no file ${target}`);
      }
    }
    return { checked, broken };
  },
});

/** Headings must not skip a level, and a file begins with exactly one of the first. */
export const checkHeadings = schemaTask({
  id: "check-headings",
  schema,
  run: async ({ folder }) => {
    const files = await markdownIn(folder);
    return {
      checked: files.reduce((sum, { text }) => sum + headingLevels(text).length, 0),
      problems: files.flatMap(({ name, text }) => headingProblems(text).map((problem) => `${name}: ${problem}`)),
    };
  },
});

export const measureReading = schemaTask({
  id: "measure-reading",
  schema,
  run: async ({ folder }) => {
    const files = await markdownIn(folder);
    const words = files.reduce((sum, { text }) => sum + wordsOf(lexer(text).map(plainText).join(" ")).length, 0);
    return { files: files.length, words, minutes: Math.ceil(words / 220) };
  },
});

export function localLinks(markdown: string): string[] {
  const targets: string[] = [];
  // What it returns is only of use with callbacks that return promises.
  void walkTokens(lexer(markdown), (token) => {
    if ((token.type !== "link" && token.type !== "image") || /^[a-z]+:|^#/i.test(String(token.href))) return;
    targets.push(decodeURI(String(token.href)).replace(/[?#].*$/, ""));
  });
  return targets;
}

export const headingLevels = (markdown: string): number[] =>
  lexer(markdown).flatMap((token) => (token.type === "heading" ? [Number(token.depth)] : []));

export function headingProblems(markdown: string): string[] {
  const levels = headingLevels(markdown);
  const problems = levels.flatMap((level, i) => {
    const before = levels[i - 1];
    return before !== undefined && level > before + 1 ? [`heading ${i + 1} jumps from level ${before} to ${level}`] : [];
  });
  if (levels.filter((level) => level === 1).length !== 1) problems.push("needs exactly one heading of level 1");
  return problems;
}
