import { hostname } from "node:os";
import { join } from "node:path";
import { logger, metadata, schemaTask, streams } from "@trigger.dev/sdk";
import { z } from "zod";
import { workspace, writeWhole } from "../lib/workspace";
import { measureCpu, measureDisk, measureHashing, measureMemory, type Reading } from "./measure";

export const examplePayload = { title: "How is this machine?", secondsPerSection: 2 };

/** The text as it is written, and beside it the bare numbers. Both can be followed live by `streams.read` and by the React hooks. */
export const reportText = streams.define<string>({ id: "report" });
export const reportReadings = streams.define<Reading>({ id: "readings" });

export const streamReport = schemaTask({
  id: "stream-report",
  description: "Measures this machine and streams the report while it is being written",
  schema: z.object({
    title: z.string().min(1).default("How is this machine?"),
    secondsPerSection: z.number().min(0.1).max(30).default(2).describe("How long each measurement may take"),
  }),
  run: async ({ title, secondsPerSection }, { ctx, signal }) => {
    const ms = secondsPerSection * 1_000;
    const sections: [heading: string, measure: () => Promise<Reading[]> | Reading[]][] = [
      ["Processor", () => measureCpu(ms)],
      ["Memory", measureMemory],
      ["Disk", () => measureDisk(200)],
      ["Arithmetic", () => measureHashing(ms)],
    ];

    let markdown = "";
    async function* write(): AsyncGenerator<string> {
      yield `# ${title}\n\n${hostname()}, Node ${process.version}\n`;
      for (const [i, [heading, measure]] of sections.entries()) {
        signal.throwIfAborted();
        metadata.set("status", heading).set("progress", i / sections.length);
        yield `\n## ${heading}\n\n`;
        const readings = await logger.trace(heading, async () => measure());
        for (const reading of readings) {
          await reportReadings.append(reading);
          yield `- ${reading.name}: **${reading.value}${reading.unit && ` ${reading.unit}`}**\n`;
        }
      }
    }

    const { stream, waitUntilComplete } = reportText.pipe(write(), { signal });
    for await (const part of stream) markdown += part;
    await waitUntilComplete();
    metadata.set("status", "done").set("progress", 1);
    return { path: await writeWhole(join(workspace, "reports", `${ctx.run.id}.md`), markdown), markdown };
  },
});
