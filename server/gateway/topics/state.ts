import { cursorOf } from "@/lib/runs/cursor";
import { message, type Subscriber, type Subscription } from "../subscription";

export interface StateTopic {
  subscribe(to: Subscriber): Subscription;
  /** Something behind it may have changed. */
  touch(): void;
  close(): void;
}

/**
 * A small state sent whole: read at most once per `everyMs`, for all subscribers together, and sent when it is another one.
 * `read` gives the body's members as JSON text, such as `"counts":{…}`.
 */
export function createStateTopic(options: {
  type: "counts" | "queues" | "schedules" | "news" | "versions" | "variables";
  epoch: string;
  everyMs: number;
  read: () => Promise<string> | string;
}): StateTopic {
  const { type, epoch, everyMs } = options;
  const members = new Map<Subscriber, { sent: number }>();
  let text: string | null = null;
  let position = 0;
  let at = 0;
  let timer: NodeJS.Timeout | undefined;
  let readAt = -Infinity;
  let isStale = true;
  let isReading = false;

  async function readNow(): Promise<void> {
    isStale = false;
    readAt = performance.now();
    const next = await options.read();
    if (next !== text) {
      text = next;
      position += 1;
      at = Date.now();
    }
    for (const [to, member] of members) if (member.sent !== position) to.ready();
  }

  function refresh(): void {
    if (!isStale || isReading || timer || members.size === 0) return;
    const wait = readAt + everyMs - performance.now();
    if (wait > 0) {
      timer = setTimeout(() => {
        timer = undefined;
        refresh();
      }, wait);
      return;
    }
    isReading = true;
    readNow()
      .catch(() => void (isStale = true))
      .finally(() => {
        isReading = false;
        refresh();
      });
  }

  return {
    subscribe(to) {
      const member = { sent: -1 };
      members.set(to, member);
      if (isStale) refresh();
      else to.ready();
      return {
        collect() {
          if (text === null || member.sent === position) return [];
          const isFirst = member.sent === -1;
          member.sent = position;
          const cursor = cursorOf(epoch, position);
          return [
            isFirst
              ? message.snapshot(to, cursor, { reset: true, data: `{${text}}` })
              : message.change(to, type, { cursor, at, body: text }),
          ];
        },
        cursor: () => (member.sent === position ? cursorOf(epoch, position) : null),
        close: () => void members.delete(to),
      };
    },
    touch() {
      isStale = true;
      refresh();
    },
    close() {
      clearTimeout(timer);
      members.clear();
    },
  };
}
