import { setTimeout as delay } from "node:timers/promises";
import { streams, task } from "@trigger.dev/sdk";

const words = streams.define<string>({ id: "words" });

/** Says a word every `everyMs` for `seconds`, to whoever listens. */
export const chatter = task({
  id: "chatter",
  run: async ({ seconds, everyMs }: { seconds: number; everyMs: number }) => {
    async function* speak() {
      for (const until = Date.now() + seconds * 1_000; Date.now() < until; await delay(everyMs)) yield "word ".repeat(20);
    }
    await words.pipe(speak()).waitUntilComplete();
  },
});
