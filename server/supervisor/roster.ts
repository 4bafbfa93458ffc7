import { join } from "node:path";
import type { MachinePreset, Machines } from "@/lib/contracts/task";
import { ChurningMap } from "@/lib/values/churning-map";
import { openBundle, type OpenBundle } from "@/server/build/bundle-folder";
import { workerEnvironment } from "@/server/build/worker-environment";
import type { Deployment } from "@/server/engine/versions/deployments";
import type { Logger } from "@/server/log";
import type { Member } from "./held-run";
import { openProcessRecords, type ProcessRecords } from "./leftovers";
import { lackingProcesses, wantedProcesses, type PoolLimits } from "./pool-size";
import type { Timings } from "./timings";
import { WorkerProcess, type Heard, type WorkerEnd } from "./worker-process";

export interface RosterOptions {
  dataDir: string;
  /** Of a server with several supervisors; without it the one has records of its own. */
  records?: ProcessRecords | undefined;
  projectDir: string;
  workerEntry: string;
  sdkEntry: string;
  mode: "dev" | "start";
  projectEnv(): Record<string, string>;
  pool: PoolLimits;
  machines: Machines;
  log: Logger;
  timings: Timings;
  now(): number;
  currentDeployment(): Deployment | null;
  onMessage(member: Member, message: Heard): void;
  onReady(member: Member): void;
  onEnd(member: Member, end: WorkerEnd): void;
}

/** V8's heap gets this part of a machine's memory; the rest is for buffers, code and native modules. */
const heapShare = 0.8;
/** Room for what short runs leave behind: with V8's own 16 MB a quarter of a busy process's time is spent on copying what is still held. */
const youngHeapMb = 32;
const longestBackoffMs = 30_000;
/** From a change of variables to the start of processes that have them. */
const renewalMs = 50;
/** A process that ends by itself this soon after it was ready, without a run, will do so again. */
const earlyMs = 5_000;

/** The processes: a warm pool for the current version, those of former versions, and those with one run each. */
export class Roster {
  readonly members = new Set<Member>();
  readonly #options: RosterOptions;
  readonly #records: ProcessRecords;
  #failures = 0;
  #variables = 0;
  #isRenewing = false;
  #refillTimer: NodeJS.Timeout | undefined;
  readonly #tidyTimer: NodeJS.Timeout;
  #idle = new Set<Member>();
  #isClosed = false;
  #onEmpty: (() => void)[] = [];

  constructor(options: RosterOptions) {
    this.#options = options;
    this.#records = options.records ?? openProcessRecords(options.dataDir);
    this.#tidyTimer = setInterval(() => this.#tidy(), options.timings.tidy);
    this.#tidyTimer.unref();
  }

  isCurrent(member: Member): boolean {
    return member.deployment.version === this.#options.currentDeployment()?.version && member.variables === this.#variables;
  }
  #isOpen(member: Member): boolean {
    return !member.isOwn && !member.isRetired && member.process.isLive;
  }

  #isBlocked(member: Member, now: number): boolean {
    return member.process.silence(now) >= this.#options.timings.blocked;
  }

  /**
   * Free slots in processes of the current version that answer, less what others take beyond theirs. Processes of a former version
   * keep the slots they had; when one had to be started anew for that version, it takes its slots from the current one.
   */
  freeSlots(now: number): number {
    const { slots, most } = this.#limits();
    let free = 0;
    for (const member of this.members) {
      if (member.isOwn || member.isRetired) continue;
      if (!this.isCurrent(member)) free -= member.isRevived ? member.running : Math.max(0, member.running - slots);
      else if (member.process.isReady && !this.#isBlocked(member, now)) free += slots - member.running;
    }
    return Math.max(0, Math.min(free, most * slots));
  }

  /** Where a run of a version goes: the least loaded process that answers and has the variables of now; null when none is there. */
  choose(deployment: Deployment, now: number): Member | null {
    let best: Member | null = null;
    let bestRank = Infinity;
    for (const member of this.members) {
      if (!this.#isOpen(member) || member.deployment.version !== deployment.version || member.variables !== this.#variables) continue;
      const silence = member.process.silence(now);
      if (this.#isBlocked(member, now)) continue;
      // Rather a crowded process that answers than an empty one that may be blocked, and both rather than one still loading.
      const hesitation = silence >= this.#options.timings.suspect ? 1 : member.process.isReady ? 0 : 2;
      const rank = hesitation * 1_000_000 + member.running + member.runs.size / 1_000;
      if (rank < bestRank) [best, bestRank] = [member, rank];
    }
    return best;
  }

  /** Starts what the current version's pool lacks. */
  refill(): void {
    const deployment = this.#options.currentDeployment();
    if (this.#isClosed || deployment === null || this.#refillTimer !== undefined) return;
    const now = this.#options.now();
    const pool = this.#pool().map((member) => ({ running: member.running, silence: member.process.silence(now) }));
    try {
      for (let n = lackingProcesses(pool, this.#limits(), this.#options.timings); n > 0; n--) this.start(deployment, { isOwn: false });
    } catch (error) {
      this.#backOff(error instanceof Error ? error.message : String(error));
    }
  }
  /** In development the config may want fewer processes. */
  #limits(): PoolLimits {
    const { pool, mode } = this.#options;
    const most = mode === "dev" ? this.#options.currentDeployment()?.manifest.config.devProcesses : undefined;
    return most === undefined || most >= pool.most ? pool : { ...pool, most };
  }
  #pool(): Member[] {
    return [...this.members].filter((member) => this.#isOpen(member) && this.isCurrent(member));
  }

  /** Processes have their variables from their start: those that are there get no new runs. Many changes in a row start others once. */
  variablesChanged(): void {
    this.#variables++;
    if (this.#isRenewing) return;
    this.forgiveFailures();
    this.#isRenewing = true;
    this.#refillTimer = setTimeout(() => {
      this.forgiveFailures();
      this.refill();
    }, renewalMs);
  }

  /** A new version or other variables: try at once, whatever the former ones did. */
  forgiveFailures(): void {
    this.#failures = 0;
    this.#isRenewing = false;
    clearTimeout(this.#refillTimer);
    this.#refillTimer = undefined;
  }

  start(deployment: Deployment, place: { isOwn: boolean; machine?: MachinePreset | undefined }): Member {
    const options = this.#options;
    const bundle = this.#openBundle(deployment);
    let readyAt = options.now();
    const process = new WorkerProcess({
      entry: options.workerEntry,
      bundlePath: bundle.path,
      cwd: bundle.cwd,
      env: workerEnvironment({
        projectEnv: this.#projectEnv(),
        build: bundle.variables,
        projectRef: deployment.manifest.project,
        nodeEnv: options.mode === "dev" ? "development" : "production",
      }),
      execArgv: [...bundle.execArgv, ...this.#heapOf(deployment, place)],
      log: options.log.child({ version: deployment.version }),
      timings: options.timings,
      now: options.now,
      onReady: () => {
        readyAt = options.now();
        options.onReady(member);
      },
      onMessage: (message) => options.onMessage(member, message),
      onEnd: (end) => this.#ended(member, end, options.now() - readyAt),
    });
    const member: Member = {
      process,
      deployment,
      variables: this.#variables,
      isOwn: place.isOwn,
      runs: new ChurningMap(),
      running: 0,
      isRetired: false,
      runsLeft: deployment.manifest.config.runsPerProcess ?? Infinity,
      isCulpritGone: false,
      isRevived: !place.isOwn && deployment.version !== options.currentDeployment()?.version,
    };
    this.members.add(member);
    if (process.pid !== undefined) this.#records.add(process.pid);
    return member;
  }

  /** One that several runs share has the memory of as many machines. */
  #heapOf({ manifest }: Deployment, { isOwn, machine }: { isOwn: boolean; machine?: MachinePreset | undefined }): string[] {
    const named = machine ?? manifest.config.machine;
    const young = machine === undefined ? [`--max-semi-space-size=${youngHeapMb}`] : [];
    if (named === undefined) return young;
    const { machines, pool } = this.#options;
    return [...young, `--max-old-space-size=${Math.floor(machines[named].memory * 1024 * heapShare) * (isOwn ? 1 : pool.slots)}`];
  }

  #openBundle(deployment: Deployment): OpenBundle {
    const { dataDir, sdkEntry, projectDir } = this.#options;
    const directory = join(dataDir, "builds", deployment.bundle);
    try {
      return openBundle({ directory, sdkEntry, projectDir });
    } catch (error) {
      // The worker will say so in its own words, to the runs that need it.
      this.#options.log.error("a build is missing", { version: deployment.version, bundle: deployment.bundle, error });
      return { path: directory, execArgv: [], cwd: projectDir, variables: { defaults: {}, overrides: {} } };
    }
  }

  #projectEnv(): Record<string, string> {
    try {
      return this.#options.projectEnv();
    } catch (error) {
      this.#options.log.error("the project's variables cannot be read; its tasks start without them", { error });
      return {};
    }
  }

  #ended(member: Member, end: WorkerEnd, lastedMs: number): void {
    this.members.delete(member);
    if (member.process.pid !== undefined) this.#records.remove(member.process.pid);
    // Its modules fail after loading, and no run has a part in it.
    const isEarly = lastedMs < earlyMs && end.signal === null && !end.isKilled && member.runs.size === 0;
    if ((!end.wasReady || isEarly) && !member.isOwn && !member.isRetired && !this.#isClosed) this.#backOff(end.complaint ?? end.lastErrors);
    else if (lastedMs >= earlyMs) this.#failures = 0;
    this.#options.onEnd(member, end);
    this.refill();
    if (this.members.size === 0) for (const done of this.#onEmpty.splice(0)) done();
  }

  /** A bundle that cannot be loaded, or a system without room, must not keep the machine busy with trying. */
  #backOff(reason: string): void {
    const delay = Math.min(longestBackoffMs, 500 * 2 ** this.#failures++);
    this.#options.log.error("a worker could not start", { reason, retryInMs: delay });
    this.#refillTimer ??= setTimeout(() => {
      this.#refillTimer = undefined;
      this.refill();
    }, delay);
  }

  /** Ends a process that holds nothing and will get nothing, or that stood in for one that was blocked. */
  retireIfIdle(member: Member): void {
    if (member.runs.size > 0) return;
    const isSurplus = this.#isOpen(member) && this.isCurrent(member) && this.#pool().length > this.#limits().most;
    if (member.isRetired || member.isOwn || !this.isCurrent(member) || isSurplus) this.#retire(member);
  }
  #retire(member: Member): void {
    member.isRetired = true;
    member.process.retire();
  }

  /** Ends one process that has had nothing to do since the last look, if the others suffice, and those that a finished run has left in a loop. */
  #tidy(): void {
    const now = this.#options.now();
    const pool = this.#pool();
    const running = pool.reduce((sum, member) => sum + member.running, 0);
    const idle = pool.filter((member) => member.runs.size === 0 && member.process.isReady);
    for (const member of idle) {
      if (this.#isBlocked(member, now)) this.#retire(member);
      else member.process.ping(now);
    }
    const spare = idle.find((member) => this.#idle.has(member));
    if (spare !== undefined && pool.length > wantedProcesses(running, this.#limits())) this.#retire(spare);
    this.#idle = new Set(idle);
    this.refill();
  }

  /** Shared processes with runs that were started before the current version and variables, and before the `count` newest former ones. */
  olderThan(count: number): Member[] {
    const startOf = ({ deployment, variables }: Member) => `${deployment.version} ${variables}`;
    // Members are in the order of their start.
    const former = [...this.members].filter((member) => !member.isOwn && !this.isCurrent(member) && member.runs.size > 0);
    const kept = new Set([...new Set(former.map(startOf).toReversed())].slice(0, count));
    return former.filter((member) => !kept.has(startOf(member)));
  }

  /** No process is started from here on. */
  stop(): void {
    this.#isClosed = true;
    clearTimeout(this.#refillTimer);
    clearInterval(this.#tidyTimer);
  }
  empty(): Promise<void> {
    return this.members.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#onEmpty.push(resolve));
  }
}
