import { logger, metadata, schemaTask, tags } from "@trigger.dev/sdk";
import { z } from "zod";
import { checkHeadings, checkLinks, measureReading } from "./doc-checks";

export const examplePayload = { folder: "trigger/data/docs" };

/** Three different children at once: `Promise.all` over waits is fine here, and the parent holds no slot meanwhile. */
export const checkDocs = schemaTask({
  id: "check-docs",
  description: "Checks a folder of Markdown in three ways at the same time",
  schema: z.object({ folder: z.string().default("trigger/data/docs").describe("Folder with .md files") }),
  run: async (payload) => {
    await tags.add("docs");
    metadata.set("status", "three checks at once");
    const [links, headings, reading] = await Promise.all([
      checkLinks.triggerAndWait(payload).unwrap(),
      checkHeadings.triggerAndWait(payload).unwrap(),
      measureReading.triggerAndWait(payload).unwrap(),
    ]);
    const problems = [...links.broken, ...headings.problems];
    if (problems.length > 0) logger.warn(`${problems.length} problems`, { first: problems[0] ?? "" });
    metadata.set("status", problems.length === 0 ? "no problems" : `${problems.length} problems`);
    return { problems, linksChecked: links.checked, headingsChecked: headings.checked, ...reading };
  },
});
