import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { logger, metadata, schemaTask, tags, wait } from "@trigger.dev/sdk";
import { z } from "zod";
import { workspace } from "./lib/workspace";

export const examplePayload = { to: "ada", message: "Water the plants", afterSeconds: [10, 30, 60] };

/**
 * Sleeps between reminders. Stop the server while it sleeps and start it again: it goes on where it was,
 * and a wait that was over is not waited for twice.
 */
export const reminder = schemaTask({
  id: "reminder",
  description: "Sends reminders after pauses that outlive a restart",
  schema: z.object({
    to: z
      .string()
      .regex(/^[\w-]+$/, "letters, digits, - and _ only")
      .describe("Whose mailbox"),
    message: z.string().min(1),
    afterSeconds: z
      .array(
        z
          .number()
          .int()
          .positive()
          .max(30 * 86_400),
      )
      .min(1)
      .max(20)
      .describe("Pauses before each reminder, in seconds"),
  }),
  run: async ({ to, message, afterSeconds }, { ctx }) => {
    await tags.add(`to_${to}`);
    const mailbox = join(workspace, "mailboxes", `${to}.txt`);
    for (const [i, seconds] of afterSeconds.entries()) {
      metadata.set("status", `reminder ${i + 1} of ${afterSeconds.length} in ${seconds} s`).set("progress", i / afterSeconds.length);
      await wait.for({ seconds, idempotencyKey: `${ctx.run.id}-${i}` });
      await deliver(mailbox, `${new Date().toISOString()}  ${message} (${i + 1}/${afterSeconds.length})\n`);
      logger.info(`Reminded ${to}`, { number: i + 1 });
    }
    metadata.set("status", "all sent").set("progress", 1);
    return { mailbox, sent: afterSeconds.length };
  },
});

async function deliver(mailbox: string, line: string): Promise<void> {
  await mkdir(join(workspace, "mailboxes"), { recursive: true });
  await appendFile(mailbox, line);
}
