import type { FromWorker } from "@/lib/contracts/ipc";

export interface Outbox {
  send(message: FromWorker): void;
  /** Resolves when everything sent so far has left the process. */
  flush(): Promise<void>;
}

/** Messages to the supervisor, gathered over one turn of the event loop: a short run costs one write. */
export function createOutbox(write: (messages: FromWorker[], done: (error: Error | null) => void) => void): Outbox {
  let waiting: FromWorker[] = [];
  let isDue = false;
  let leaving: Promise<void> = Promise.resolve();

  const leave = () => {
    isDue = false;
    const messages = waiting;
    waiting = [];
    if (messages.length === 0) return;
    const left = new Promise<void>((resolve) => write(messages, () => resolve()));
    leaving = Promise.all([leaving, left]).then(() => {});
  };
  return {
    send(message) {
      waiting.push(message);
      if (isDue) return;
      isDue = true;
      setImmediate(leave);
    },
    flush() {
      leave();
      return leaving;
    },
  };
}
