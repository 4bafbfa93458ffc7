import { randomUUID } from "node:crypto";
import type { News, Topic } from "@/lib/contracts/realtime";
import type { RunEvent, RunRow } from "@/lib/contracts/run";
import type { Resource } from "@/lib/contracts/scope";
import type { Feed, NewsOf } from "../../engine/feed";
import { startFeedAudit } from "../audit";
import type { View } from "../caller";
import type { Reads } from "../reads";
import { createRecentChanges, type Recent } from "@/lib/runs/recent-changes";
import type { Subscriber, Subscription } from "../subscription";
import { createLogTopics } from "./logs";
import { createRunTopic } from "./run";
import { createRunsTopic } from "./runs";
import { followShape, type AskApi } from "./shape";
import { createStateTopic } from "./state";
import { createTokensTopic } from "./tokens";

/** Runs whose newest change is kept for resuming lists. */
const recentRuns = 10_000;
const countsEveryMs = 100;
const queuesEveryMs = 250;
const versionsEveryMs = 1_000;
const variablesEveryMs = 100;
/** Each time, pages read what they show. */
const schedulesEveryMs = 1000;
const newsEveryMs = 250;

export interface Party {
  to: Subscriber;
  view: View;
  /** As the one whose token opened the socket; a socket by cookie has none. */
  askApi?: AskApi | undefined;
}

export interface Topics {
  subscribe(topic: Topic, party: Party, cursor: string | undefined): Subscription | "forbidden";
  /** Gives what the feed brought since the last call to the subscriptions. */
  offer(): void;
  close(): void;
}

/** All topics over one feed. `wake`: the feed brought something, so `offer` is due. */
export function createTopics(options: { feed: Feed; reads: Reads; wake: () => void; onReset: () => void }): Topics {
  const { feed, reads, wake, onReset } = options;
  const memory = randomUUID();
  const changes = createRecentChanges<RunRow>({ capacity: recentRuns, isNewer: (next, known) => next.version > known.version });
  const dirty = new Map<string, Recent<RunRow>>();
  const events = new Map<string, RunEvent[]>();

  const audit = startFeedAudit({
    reads,
    watched: () => [...runs.visible(), ...run.versions().keys()],
    missed(rows) {
      for (const row of rows) note(row, { created: false, at: Date.parse(row.updatedAt) });
      for (const row of rows) run.catchUp(row.id, row.version);
    },
  });
  const runs = createRunsTopic({ reads, changes, epoch: memory, onReset, seen: audit.seen });
  const run = createRunTopic({ reads, epoch: feed.epoch });
  const logs = createLogTopics({ reads, epoch: feed.epoch });
  const tokens = createTokensTopic({ reads, epoch: memory, onReset });
  const counts = createStateTopic({
    type: "counts",
    epoch: memory,
    everyMs: countsEveryMs,
    read: () => `"counts":${JSON.stringify(reads.counts())}`,
  });
  const queues = createStateTopic({
    type: "queues",
    epoch: memory,
    everyMs: queuesEveryMs,
    read: async () => `"queues":${JSON.stringify(await reads.queues())}`,
  });
  const changed = { versions: 0, variables: 0 };
  const revision = (part: "versions" | "variables") => `${memory}.${changed[part]}`;
  const versions = createStateTopic({
    type: "versions",
    epoch: memory,
    everyMs: versionsEveryMs,
    read: async () => `"versions":${JSON.stringify({ revision: revision("versions"), ...(await reads.versions()) })}`,
  });
  const variables = createStateTopic({
    type: "variables",
    epoch: memory,
    everyMs: variablesEveryMs,
    read: () => `"revision":${JSON.stringify(revision("variables"))}`,
  });

  let ticked = 0;
  const schedules = createStateTopic({ type: "schedules", epoch: memory, everyMs: schedulesEveryMs, read: () => `"revision":${ticked}` });

  const seen: News = { bulk: 0, errors: 0, alerts: 0 };
  const news = createStateTopic({ type: "news", epoch: memory, everyMs: newsEveryMs, read: () => `"news":${JSON.stringify(seen)}` });

  function noteNews(of: readonly NewsOf[]): void {
    for (const one of of) seen[one] += 1;
    news.touch();
  }

  function note(row: RunRow, { created, at }: { created: boolean; at: number }): void {
    const entry = changes.add({ id: row.id, value: row, created, at });
    if (entry === null) return;
    dirty.delete(row.id);
    dirty.set(row.id, entry);
    audit.offered(row.id, row.version);
    wake();
  }

  const ends = [
    feed.onRuns((offered) => {
      for (const change of offered) {
        if (run.has(change.row.id)) events.set(change.row.id, [...(events.get(change.row.id) ?? []), ...change.events]);
        note(change.row, change);
      }
      counts.touch();
      versions.touch();
      if (offered.some(({ row }) => row.errorId !== undefined)) noteNews(["errors"]);
    }),
    feed.onNews(noteNews),
    feed.onTrace(logs.offerTrace),
    feed.onChunks(logs.offerChunks),
    feed.onTokens((offered) => {
      tokens.offer(offered);
      counts.touch();
    }),
    feed.onQueues(() => {
      queues.touch();
      counts.touch();
    }),
    feed.onEnvironment((parts) => {
      for (const part of parts) {
        changed[part] += 1;
        (part === "versions" ? versions : variables).touch();
      }
    }),
    feed.onSchedules(() => {
      ticked += 1;
      schedules.touch();
    }),
  ];

  return {
    subscribe(topic, party, cursor) {
      if (!mayAsk(topic, party.view)) return "forbidden";
      switch (topic.kind) {
        case "runs":
          return runs.subscribe(party, { filter: topic.filter, visible: topic.visible, cursor });
        case "run":
          return run.subscribe(party, { runId: topic.runId, cursor });
        case "trace":
          return logs.trace(party, { runId: topic.runId, cursor });
        case "stream":
          return logs.stream(party, { runId: topic.runId, key: topic.key, cursor });
        case "tokens":
          return tokens.subscribe(party.to, cursor);
        case "counts":
          return counts.subscribe(party.to);
        case "queues":
          return queues.subscribe(party.to);
        case "versions":
          return versions.subscribe(party.to);
        case "variables":
          return variables.subscribe(party.to);
        case "schedules":
          return schedules.subscribe(party.to);
        case "news":
          return news.subscribe(party.to);
        case "shape":
          return party.askApi === undefined ? "forbidden" : followShape({ to: party.to, askApi: party.askApi, path: topic.path, cursor });
      }
    },
    offer() {
      const entries = [...dirty.values()];
      dirty.clear();
      runs.offer(entries);
      for (const entry of entries) {
        run.offer(entry, events.get(entry.id) ?? []);
        logs.offerRun(entry.value);
      }
      events.clear();
    },
    close() {
      for (const end of ends) end();
      audit.close();
      counts.close();
      queues.close();
      versions.close();
      variables.close();
      schedules.close();
      news.close();
    },
  };
}

/** Whether the topic may be asked for at all; single runs are looked at when they are read, rows of lists one by one. */
function mayAsk(topic: Topic, view: View): boolean {
  switch (topic.kind) {
    case "runs":
      return view.any(throughFilter(topic.filter));
    case "run":
    case "trace":
    case "stream":
    // The API's own routes decide.
    case "shape":
      return true;
    case "counts":
    case "news":
      return view.any([{ type: "runs" }]);
    case "queues":
      return view.any([{ type: "queues" }]);
    case "versions":
    case "variables":
      return view.any([{ type: "deployments" }]);
    case "schedules":
      return view.isUnlimited;
    case "tokens":
      return view.any([{ type: "waitpoints" }]);
  }
}

/** What a list shows that is filtered so: all of it lies within any of these. */
function throughFilter(filter: Extract<Topic, { kind: "runs" }>["filter"]): Resource[] {
  const [task] = filter.task ?? [];
  return [
    { type: "runs" },
    { type: "tags" },
    { type: "tasks" },
    ...(filter.tag ?? []).map((id): Resource => ({ type: "tags", id })),
    ...(filter.task?.length === 1 && task !== undefined ? [{ type: "tasks", id: task } as const] : []),
    ...(filter.batch === undefined ? [] : [{ type: "batch", id: filter.batch } as const]),
  ];
}
