import type { LinkStatus } from "@/lib/client/sync";
import { createStore, type Subscribable } from "@/lib/view/store";

/**
 * Whether the server answers, as far as this page knows: by its socket, by the outcome of each request, and where both are quiet
 * by asking. What needs the server (another page, a refresh, an action) looks here before it gives up what is on the screen.
 */
export interface Reach {
  answers: Subscribable<boolean>;
  /** Asks now; false when no answer comes in `answerMs`. */
  ask(): Promise<boolean>;
  /** The outcome of some request. */
  heard(answered: boolean): void;
  /** The socket's state. Without one that lives the server is asked every few seconds. */
  linked(phase: LinkStatus["phase"]): void;
  /** True when there is no reason to ask. */
  isSure(): boolean;
}

const answerMs = 2_000;
const askEveryMs = 3_000;

/** What the socket says of the server: null is nothing either way. */
const proves: Record<LinkStatus["phase"], boolean | null> = {
  connecting: null,
  live: true,
  catchingUp: true,
  silent: false,
  reconnecting: null,
  polling: null,
  closed: null,
};

export function createReach(request: (signal: AbortSignal) => Promise<{ ok: boolean }>): Reach {
  const answers = createStore(true);
  let phase: LinkStatus["phase"] = "connecting";
  let asking: Promise<boolean> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function askOnce(): Promise<boolean> {
    const isAnswered = await request(AbortSignal.timeout(answerMs)).then(
      ({ ok }) => ok,
      () => false,
    );
    asking = undefined;
    // What the socket proves meanwhile is newer.
    const now = proves[phase] ?? isAnswered;
    answers.set(now);
    return now;
  }
  const ask = (): Promise<boolean> => (asking ??= askOnce());

  async function keepAsking(): Promise<void> {
    clearTimeout(timer);
    await ask();
    clearTimeout(timer);
    // A closed link does not open by itself: there is nothing to wait for.
    if (proves[phase] !== true && phase !== "connecting" && phase !== "closed") timer = setTimeout(() => void keepAsking(), askEveryMs);
  }

  return {
    answers,
    ask,
    heard: (answered) => answers.set(proves[phase] ?? answered),
    linked(next) {
      if (next === phase) return;
      phase = next;
      const proof = proves[next];
      if (proof !== null) answers.set(proof);
      if (proof === true || next === "connecting") clearTimeout(timer);
      else void keepAsking();
    },
    isSure: () => proves[phase] === true || (phase === "connecting" && answers.getSnapshot()),
  };
}

/** Of this tab: it has one server. */
export const reach = createReach((signal) => fetch("/readyz", { cache: "no-store", signal }));
