import type { Snapshot, Topic } from "@/lib/contracts/realtime";
import { createStore, type Store, type Subscribable } from "../../view/store";
import type { Sync, TopicMessage, TopicSubscription } from "../sync";

/** `data` of one topic for the screen. Subscribed while somebody listens, and two seconds longer. */
export type View<T> = Subscribable<Viewed<T>>;

export interface Viewed<T> {
  data: T;
  /** The first snapshot has come. */
  loaded: boolean;
  /** The server refused or ended the subscription. */
  failure?: { status: number; error: string };
}

export interface Reducer<T, K extends Topic["kind"]> {
  empty: T;
  snapshot(held: T, data: Snapshot[K]): T;
  message(held: T, message: TopicMessage): T;
}

/** Long enough for a page change or a remount, so that neither costs a snapshot. */
const lingerMs = 2_000;

export interface TopicView<T> extends View<T> {
  store: Store<Viewed<T>>;
  subscription(): TopicSubscription | null;
}

export function createTopicView<T, K extends Topic["kind"]>(options: {
  sync: Sync;
  topic: () => Extract<Topic, { kind: K }>;
  reducer: Reducer<T, K>;
  /** It is no longer subscribed. */
  onIdle: () => void;
}): TopicView<T> {
  const { sync, reducer, onIdle } = options;
  const store = createStore<Viewed<T>>({ data: reducer.empty, loaded: false });
  let open: TopicSubscription | null = null;
  let linger: ReturnType<typeof setTimeout> | undefined;

  function start(): void {
    clearTimeout(linger);
    if (open) return;
    open = sync.subscribe(options.topic, {
      snapshot(data, reset) {
        const held = reset ? reducer.empty : store.getSnapshot().data;
        // The topic's kind decides the type of its snapshots (contracts/realtime.ts).
        store.set({ data: reducer.snapshot(held, data as Snapshot[K]), loaded: true });
      },
      message(message) {
        const held = store.getSnapshot();
        const data = reducer.message(held.data, message);
        if (data !== held.data) store.set({ ...held, data });
      },
      failed(failure) {
        open = null;
        store.set({ ...store.getSnapshot(), failure });
      },
    });
  }

  function stop(): void {
    if (store.listeners() > 0) return;
    open?.close();
    open = null;
    onIdle();
  }

  return {
    store,
    subscription: () => open,
    subscribe(listener) {
      const end = store.subscribe(listener);
      start();
      return () => {
        end();
        clearTimeout(linger);
        if (store.listeners() === 0) linger = setTimeout(stop, lingerMs);
      };
    },
    getSnapshot: store.getSnapshot,
  };
}
