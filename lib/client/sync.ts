import type { ServerMessage, ServerNotice, Topic } from "@/lib/contracts/realtime";
import { readCursor } from "@/lib/runs/cursor";
import type { Connection, ConnectionState } from "./connection";
import { batched, createStore, type Subscribable } from "../view/store";

/**
 * Subscriptions over a connection: each has a cursor, survives reconnects, and is told when what it holds is void.
 */
export interface Sync {
  status: Subscribable<LinkStatus>;
  /** State of the server that every page shows. Undefined: nothing heard of it yet. */
  notices: Subscribable<readonly ServerNotice[] | undefined>;
  /** `topic` is asked for again whenever the subscription is sent. */
  subscribe(topic: () => Topic, listener: TopicListener): TopicSubscription;
  close(): void;
}

export interface LinkStatus {
  /**
   * `live`: everything shown is current. `catchingUp`: connected again, snapshots on their way. `silent`: connected to a server
   * that does not answer. `reconnecting`: was live, trying. `polling`: three attempts failed; the socket is still tried, but who needs data now has to poll for it.
   */
  phase: "connecting" | "live" | "catchingUp" | "silent" | "reconnecting" | "polling" | "closed";
  /** Failed attempts since it was last open. */
  attempt: number;
  /** Local time of the next attempt. */
  retryAt?: number;
  reason?: Extract<ConnectionState, { phase: "closed" }>["reason"];
}

export type TopicMessage = Extract<
  ServerMessage,
  {
    type:
      "rows" | "events" | "trace" | "chunks" | "counts" | "queues" | "schedules" | "tokens" | "news" | "versions" | "variables" | "shape";
  }
>;

export interface TopicListener {
  /** `data` is `Snapshot[kind]`. `reset`: forget everything held; else merge. */
  snapshot(data: unknown, reset: boolean): void;
  message(message: TopicMessage): void;
  /** The server ended it: 403, 404 or 429. */
  failed(failure: { status: number; error: string }): void;
}

export interface TopicSubscription {
  /** Only `runs`: the ids that are visible now. */
  watch(visible: string[]): void;
  close(): void;
}

interface Entry {
  topic: () => Topic;
  kind: Topic["kind"];
  listener: TopicListener;
  cursor?: string;
  /** Server time of its last snapshot: what was committed before, and comes after it, was read from the past. */
  currentSince?: number;
}

export interface SyncOptions {
  /** A change committed at `at` is about to be notified. */
  onChange?: (at: number) => void;
  /** The database is another one than before (restored from a backup): whatever is held outside the topics is void. */
  onEpoch?: () => void;
}

const pollingAfter = 3;
/** Topics whose position counts in what the database holds, without gaps for us: lower than the head means missed. */
const countsInDatabase: Record<Topic["kind"], boolean> = {
  run: true,
  trace: true,
  stream: true,
  runs: false,
  counts: false,
  queues: false,
  schedules: false,
  tokens: false,
  versions: false,
  variables: false,
  news: false,
  shape: false,
};

export function createSync(connection: Connection, options: SyncOptions = {}): Sync {
  const entries = new Map<string, Entry>();
  const resuming = new Set<string>();
  const status = createStore<LinkStatus>({ phase: "connecting", attempt: 0 });
  const notices = createStore<readonly ServerNotice[] | undefined>(undefined);
  let wasOpen = false;
  /** `since` of the opening whose subscriptions have been sent. */
  let served: number | undefined;
  let epoch: string | undefined;
  let nextId = 1;

  function ask(id: string, entry: Entry): void {
    connection.send({ type: "subscribe", id, topic: entry.topic(), ...(entry.cursor !== undefined && { cursor: entry.cursor }) });
  }

  function welcomed(message: Extract<ServerMessage, { type: "welcome" }>): void {
    const changed = epoch !== undefined && epoch !== message.epoch;
    epoch = message.epoch;
    wasOpen = true;
    const state = connection.state.getSnapshot();
    if (state.phase === "open") served = state.since;
    if (changed) options.onEpoch?.();
    for (const [id, entry] of entries) {
      if (changed) delete entry.cursor;
      resuming.add(id);
      ask(id, entry);
    }
  }

  function receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        return welcomed(message);
      case "pong":
        return undefined;
      case "head":
        return compare(message);
      case "snapshot": {
        const entry = advance(message);
        resuming.delete(message.id);
        if (entry) entry.currentSince = connection.clock.now();
        return entry?.listener.snapshot(message.data, message.reset);
      }
      case "shape": {
        const entry = advance(message);
        resuming.delete(message.id);
        return entry?.listener.message(message);
      }
      case "failed": {
        const entry = entries.get(message.id);
        forget(message.id);
        return entry?.listener.failed({ status: message.status, error: message.error });
      }
      case "rows":
      case "events":
      case "trace":
      case "chunks":
      case "counts":
      case "queues":
      case "news":
      case "schedules":
      case "tokens":
      case "versions":
      case "variables": {
        const entry = advance(message);
        if (!entry) return undefined;
        if (!resuming.has(message.id) && message.at >= (entry.currentSince ?? Infinity)) options.onChange?.(message.at);
        return entry.listener.message(message);
      }
    }
  }

  function advance(message: { id: string; cursor: string }): Entry | undefined {
    const entry = entries.get(message.id);
    if (entry) entry.cursor = message.cursor;
    return entry;
  }

  /** Silence is proof only when the head is no further than we are. */
  function compare(head: Extract<ServerMessage, { type: "head" }>): void {
    if (JSON.stringify(head.notices) !== JSON.stringify(notices.getSnapshot())) notices.set(head.notices);
    for (const [id, cursor] of Object.entries(head.cursors)) {
      const entry = entries.get(id);
      if (!entry || entry.cursor === undefined) continue;
      if (!countsInDatabase[entry.kind]) entry.cursor = cursor;
      else if (isBehind(entry.cursor, cursor)) ask(id, entry);
    }
  }

  function forget(id: string): void {
    entries.delete(id);
    resuming.delete(id);
  }

  function describe(): LinkStatus {
    const state = connection.state.getSnapshot();
    switch (state.phase) {
      case "open":
        // A large answer on a slow line comes as one frame: on the way it is no silence.
        if (resuming.size > 0 || (served !== state.since && entries.size > 0)) return { phase: "catchingUp", attempt: 0 };
        return { phase: state.isSilent ? "silent" : "live", attempt: 0 };
      case "closed":
        return { phase: "closed", attempt: 0, reason: state.reason };
      case "connecting":
      case "waiting": {
        const phase = state.attempt >= pollingAfter ? "polling" : wasOpen ? "reconnecting" : "connecting";
        const retryAt = state.phase === "waiting" ? state.retryAt : undefined;
        return { phase, attempt: state.attempt, ...(retryAt !== undefined && { retryAt }) };
      }
    }
  }

  function refreshStatus(): void {
    const next = describe();
    if (JSON.stringify(next) !== JSON.stringify(status.getSnapshot())) status.set(next);
  }

  const endState = connection.state.subscribe(refreshStatus);
  const endFrames = connection.onFrame((messages) => {
    batched(() => {
      for (const message of messages) receive(message);
      refreshStatus();
    });
  });

  return {
    status,
    notices,
    subscribe(topic, listener) {
      const id = `s${nextId++}`;
      const entry: Entry = { topic, kind: topic().kind, listener };
      entries.set(id, entry);
      ask(id, entry);
      return {
        watch: (visible) => void connection.send({ type: "watch", id, visible }),
        close() {
          if (!entries.has(id)) return;
          forget(id);
          connection.send({ type: "unsubscribe", id });
          refreshStatus();
        },
      };
    },
    close() {
      endState();
      endFrames();
      entries.clear();
    },
  };
}

function isBehind(mine: string, head: string): boolean {
  const a = readCursor(mine);
  const b = readCursor(head);
  return a !== null && b !== null && a.epoch === b.epoch && a.position < b.position;
}
