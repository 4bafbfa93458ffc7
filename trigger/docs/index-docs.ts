import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AbortTaskRunError, logger, metadata, schemaTask, tags } from "@trigger.dev/sdk";
import { z } from "zod";
import { findFiles } from "../lib/files";
import { projectPath, workspace, writeWhole } from "../lib/workspace";
import { buildIndex, search, type Section, sectionsOf } from "./search-index";

export const examplePayload = { folder: "trigger/data/docs", query: "wait for a person" };

export const indexDocs = schemaTask({
  id: "index-docs",
  description: "Indexes a folder of Markdown for full-text search and tries a query",
  schema: z.object({
    folder: z.string().default("trigger/data/docs").describe("Folder with .md files, relative to the project or absolute"),
    query: z.string().optional().describe("Searched for in the finished index"),
  }),
  run: async ({ folder, query }) => {
    const files = await findFiles(projectPath(folder), [".md", ".mdx"]);
    if (files.length === 0) throw new AbortTaskRunError(`${projectPath(folder)} holds no Markdown files`);
    await tags.add([`docs_${basename(folder)}`, `files_${files.length}`]);

    const sections: Section[] = [];
    for (const [i, file] of files.entries()) {
      await logger.trace(file.name, async (span) => {
        const found = sectionsOf(file.name, await readFile(file.path, "utf8"));
        span.setAttribute("sections", found.length);
        sections.push(...found);
      });
      metadata.set("progress", (i + 1) / files.length).set("status", file.name);
    }

    const index = buildIndex(sections);
    const path = await writeWhole(join(workspace, "search", `${basename(folder)}.json`), JSON.stringify(index));
    metadata.set("status", `${sections.length} sections indexed`);
    return {
      path,
      files: files.length,
      sections: sections.length,
      words: Object.keys(index.postings).length,
      hits: query ? search(index, query).map(({ file, heading, score }) => ({ file, heading, score })) : [],
    };
  },
});
