import type { Logger } from "./log";

/** Closes what was opened, last first. A part that fails to close does not keep the others open. */
export interface Cleanup {
  add(name: string, close: () => void | Promise<void>): void;
  run(): Promise<void>;
}

export function createCleanup(log: Logger): Cleanup {
  const parts: { name: string; close: () => void | Promise<void> }[] = [];
  return {
    add: (name, close) => void parts.push({ name, close }),
    async run() {
      for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
        try {
          await part.close();
        } catch (error) {
          log.error(`could not close the ${part.name}`, { error });
        }
      }
    },
  };
}
