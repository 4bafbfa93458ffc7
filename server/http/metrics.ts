import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RunRow } from "@/lib/contracts/run";
import type { QueueRow } from "@/lib/contracts/realtime";
import { isFinal } from "@/lib/contracts/status";
import type { Engine } from "../engine/engine";
import { getCounts, listQueues } from "../engine/reads/live";

interface SocketStats {
  sockets: number;
  subscriptions: number;
  frames: number;
  bytes: number;
  congestions: number;
  resets: number;
  /** Commit to paint as browsers measured it, ms. */
  painted: { count: number; sum: number; buckets: { le: number; count: number }[] };
}

interface MetricsOptions {
  /** Of the main environment. */
  engine: Engine;
  /** Environments that are served beside it. */
  others(): readonly { env: { slug: string }; engine: Engine }[];
  workers(): { processes: number; ready: number; blocked: number; running: number; waiting: number; pending: number };
  sockets(): SocketStats;
  isReady(): boolean;
  disk(): { usedShare: number };
}

const secondBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

export function createMetrics(options: MetricsOptions): Registry {
  const { engine } = options;
  const registry = new Registry();
  // A finer clock would cost more than everything else here does when idle.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read());
        },
      }),
    );

  gauge("signalbox_ready", "1 when requests can be served", () => (options.isReady() ? 1 : 0));
  gauge("signalbox_disk_used_ratio", "Used share of the data directory's disk", () => options.disk().usedShare);
  family({ registry, name: "signalbox_runs", help: "Live runs by status", label: "status", read: () => getCounts(engine).byStatus });
  family({
    registry,
    name: "signalbox_realtime",
    help: "WebSocket connections, subscriptions, and what was sent since the start",
    label: "what",
    read: () => socketCounts(options.sockets()),
  });
  family({
    registry,
    name: "signalbox_paint_milliseconds_bucket",
    help: "Commit to paint as browsers measured it",
    label: "le",
    read: () => paintBuckets(options.sockets()),
  });
  gauge("signalbox_paint_milliseconds_sum", "Sum of commit to paint", () => options.sockets().painted.sum);
  gauge("signalbox_paint_milliseconds_count", "Paints that browsers measured", () => options.sockets().painted.count);
  family({
    registry,
    name: "signalbox_workers",
    help: "Worker processes, and runs that they hold, by state",
    label: "state",
    read: () => ({ ...options.workers() }),
  });
  otherRuns(options.others, registry);
  queueGauges(engine, registry);
  runMetrics(engine, registers);
  return registry;
}

const socketCounts = ({ sockets, subscriptions, frames, bytes, congestions, resets }: SocketStats) => ({
  sockets,
  subscriptions,
  frames,
  bytes,
  congestions,
  resets,
});
const paintBuckets = ({ painted }: SocketStats) =>
  Object.fromEntries(painted.buckets.map(({ le, count }) => [Number.isFinite(le) ? String(le) : "+Inf", count]));

interface Family {
  registry: Registry;
  name: string;
  help: string;
  label: string;
  read(): Record<string, number> | Promise<Record<string, number>>;
}

/** One gauge per value of a label, read when it is asked for. */
function family({ registry, name, help, label, read }: Family): void {
  registry.registerMetric(
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [],
      async collect() {
        this.reset();
        for (const [value, count] of Object.entries(await read())) this.set({ [label]: value }, count);
      },
    }),
  );
}

/** All else is the main environment's. */
function otherRuns(others: MetricsOptions["others"], registry: Registry): void {
  registry.registerMetric(
    new Gauge({
      name: "signalbox_environment_runs",
      help: "Live runs of the environments beside the main one, by status",
      labelNames: ["environment", "status"],
      registers: [],
      collect() {
        this.reset();
        for (const { env, engine } of others())
          for (const [status, count] of Object.entries(getCounts(engine).byStatus)) this.set({ environment: env.slug, status }, count);
      },
    }),
  );
}

function queueGauges(engine: Engine, registry: Registry): void {
  const read = (count: (queue: QueueRow) => number) => async () =>
    Object.fromEntries((await listQueues(engine)).map((queue) => [queue.name, count(queue)]));
  family({
    registry,
    name: "signalbox_queue_waiting",
    help: "Runs waiting to start, by queue",
    label: "queue",
    read: read((queue) => queue.queued),
  });
  family({
    registry,
    name: "signalbox_queue_running",
    help: "Runs executing, by queue",
    label: "queue",
    read: read((queue) => queue.running),
  });
}

function runMetrics(engine: Engine, registers: Registry[]): void {
  const created = new Counter({ name: "signalbox_runs_created_total", help: "Runs created, by task", labelNames: ["task"], registers });
  const finished = new Counter({
    name: "signalbox_runs_finished_total",
    help: "Runs finished, by task and status",
    labelNames: ["task", "status"],
    registers,
  });
  const waited = new Histogram({ name: "signalbox_run_start_seconds", help: "From queued to started", buckets: secondBuckets, registers });
  const lasted = new Histogram({ name: "signalbox_run_seconds", help: "From started to finished", buckets: secondBuckets, registers });
  // An item of a batch may name any task; each name would be a series for ever.
  const labelOf = ({ task, deployment }: RunRow) =>
    engine.deployments.task(task) !== null ||
    (deployment !== undefined && engine.deployments.get(deployment)?.manifest.tasks.some(({ id }) => id === task) === true)
      ? task
      : "(unknown)";
  engine.feed.onRuns((changes) => {
    // Once per commit and series: the registry looks its labels up by their text.
    const made = new Map<string, number>();
    const ended = new Map<string, Map<string, number>>();
    for (const { row, events, created: isNew } of changes) {
      if (isNew) countUp(made, labelOf(row));
      if (isFinal(row.status) && events.length > 0) {
        const task = labelOf(row);
        const byStatus = ended.get(task) ?? new Map<string, number>();
        ended.set(task, byStatus);
        countUp(byStatus, row.status);
        if (row.startedAt !== undefined && row.finishedAt !== undefined) lasted.observe(seconds(row.startedAt, row.finishedAt));
      }
      if (
        row.queuedAt !== undefined &&
        row.startedAt !== undefined &&
        row.attempt === 1 &&
        events.some((event) => event.type === "started")
      )
        waited.observe(seconds(row.queuedAt, row.startedAt));
    }
    for (const [task, count] of made) created.inc({ task }, count);
    for (const [task, byStatus] of ended) for (const [status, count] of byStatus) finished.inc({ task, status }, count);
  });
}

const countUp = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

const seconds = (from: string, to: string) => Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
