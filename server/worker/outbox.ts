import type { FromWorker } from "@/lib/contracts/ipc";

export interface Outbox {
  /** The start of a run that has ended by now is not worth a message. */
  send(message: FromWorker): void;
  /** Resolves when everything sent so far has left the process, or cannot. */
  flush(): Promise<void>;
}

interface OutboxOptions {
  /** Throws for what the channel cannot carry. */
  write(messages: FromWorker[], done: (error: Error | null) => void): void;
  /** A message that could not be sent; all others were. */
  onRefused(message: FromWorker, error: unknown): void;
}

/** Messages to the supervisor, gathered over one turn of the event loop: a short run costs one write. */
export function createOutbox({ write, onRefused }: OutboxOptions): Outbox {
  let waiting: FromWorker[] = [];
  let isDue = false;
  let leaving: Promise<void> = Promise.resolve();

  const push = (messages: FromWorker[]) => {
    const left = new Promise<void>((resolve, reject) => {
      try {
        write(messages, () => resolve());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    return left;
  };

  /** What is wrong with one message is no fault of those beside it. */
  const pushEach = async (messages: FromWorker[], error: unknown): Promise<void> => {
    const [only] = messages;
    if (only !== undefined && messages.length === 1) return onRefused(only, error);
    for (const message of messages) await push([message]).catch((cause: unknown) => onRefused(message, cause));
  };

  const leave = () => {
    isDue = false;
    const messages = waiting;
    waiting = [];
    if (messages.length === 0) return;
    const left = push(messages).catch((error: unknown) => pushEach(messages, error));
    leaving = Promise.all([leaving, left]).then(() => {});
  };
  return {
    send(message) {
      if (message.type === "finished") {
        const start = waiting.findIndex((said) => said.type === "started" && said.runId === message.runId && said.epoch === message.epoch);
        if (start !== -1) waiting.splice(start, 1);
      }
      waiting.push(message);
      if (isDue) return;
      isDue = true;
      setImmediate(leave);
    },
    async flush() {
      // What is refused is told of in a message of its own.
      while (waiting.length > 0) {
        leave();
        await leaving;
      }
      await leaving;
    },
  };
}
