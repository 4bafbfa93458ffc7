import { createStore } from "@/lib/view/store";

/** For this long what has an effect can still be taken back. */
export const undoMs = 5_000;

export interface HeldAction {
  id: number;
  /** What will be done: "Cancel import-orders". */
  text: string;
  /** Id of the thing that it will be done to. */
  of: string | undefined;
  /** When it goes, by `performance.now()`. */
  dueAt: number;
  /** Does it at once, and takes it back. */
  go: () => void;
  undo: () => void;
}

/** What has been asked for and not been done yet, oldest first. */
export const heldActions = createStore<readonly HeldAction[]>([]);

let count = 0;

/** The browser asks before it closes a page that still holds something. */
const onLeave = (event: BeforeUnloadEvent): void => event.preventDefault();

/** True when it shall be done: after five seconds, or sooner when somebody says so. False: it was taken back. */
export function withUndo({ text, of }: { text: string; of?: string }): Promise<boolean> {
  return new Promise((decide) => {
    count += 1;
    const id = count;
    const end = (done: boolean): void => {
      clearTimeout(timer);
      const left = heldActions.getSnapshot().filter((action) => action.id !== id);
      heldActions.set(left);
      if (left.length === 0) removeEventListener("beforeunload", onLeave);
      decide(done);
    };
    const timer = setTimeout(() => end(true), undoMs);
    addEventListener("beforeunload", onLeave);
    heldActions.set([
      ...heldActions.getSnapshot(),
      { id, text, of, dueAt: performance.now() + undoMs, go: () => end(true), undo: () => end(false) },
    ]);
  });
}
