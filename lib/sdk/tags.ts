import { limits } from "@/lib/contracts/run";
import { unsafeText } from "@/lib/values/unsafe-text";
import { textsMeant } from "./meant";
import { requireRun } from "./scope";

export const tags = {
  /** Adds tags to this run. More than 10 in all, or one over 128 characters: an error is logged and they are left out. */
  add: async (added: string | string[]): Promise<void> => {
    const run = requireRun("tags.add()");
    const fresh = textsMeant("A tag", added)
      .map((tag) => tag.trim())
      .filter((tag) => tag !== "" && !run.tags.has(tag));
    if (fresh.length === 0) return;
    const total = run.tags.size + new Set(fresh).size;
    const tooLong = fresh.find((tag) => tag.length > limits.tagLength);
    if (total > limits.tagsPerRun)
      return run.tracer.log(
        "error",
        `tags.add: ${total} tags are more than the ${limits.tagsPerRun} that a run may have; ${fresh.join(", ")} left out`,
      );
    if (tooLong !== undefined)
      return run.tracer.log("error", `tags.add: a tag has at most ${limits.tagLength} characters; ${tooLong.slice(0, 20)}… left out`);
    const unsafe = fresh.find((tag) => unsafeText.test(tag));
    if (unsafe !== undefined)
      return run.tracer.log(
        "error",
        `tags.add: a tag has no NUL, U+0001 or unpaired surrogates; ${JSON.stringify(unsafe.slice(0, 20))} left out`,
      );
    for (const tag of fresh) run.tags.add(tag);
    run.progress.tags(fresh);
  },
};
