import type { IncomingMessage } from "node:http";
import { availableParallelism } from "node:os";
import type { ServerNotice } from "@/lib/contracts/realtime";
import { createKeyOwners } from "./key-owners";
import { subjectOf } from "./api/jwt";
import type { Principal } from "./api/principal";
import type { Database, Writer } from "./db/database";
import { Unavailable } from "./db/errors";
import { keyPrefixes } from "./db/secret-keys";
import { createDesk } from "./environment-desk";
import { branchesOf, findBranch, listEnvironments, toEnvironment, type StoredEnvironment } from "./engine/environments/environment-rows";
import type { Environment } from "./engine/environment";
import { EngineError } from "./engine/error";
import type { Gateway } from "./gateway/gateway";
import { serveEnvironment, type Host, type ServedEnvironment } from "./served-environment";

/** The environments of a server: the main one, which is there from its start to its end, and those that operators have made beside it. */
export interface Environments {
  readonly main: ServedEnvironment;
  openMain(env: Environment, notices: () => ServerNotice[]): Promise<ServedEnvironment>;
  /** From now on the others are served too. */
  openOthers(): Promise<void>;
  /** Whose a request is by its credential; without another environment always the main one. Errors: EngineError. */
  ofRequest(request: Pick<IncomingMessage, "headers" | "url">): ServedEnvironment | Promise<ServedEnvironment>;
  /** Errors: EngineError 404. */
  ofSlug(slug: string): ServedEnvironment | Promise<ServedEnvironment>;
  /** Those that are served now, the main one first. */
  served(): ServedEnvironment[];
  drain(graceMs: number): Promise<void>;
  quit(): Promise<void>;
  close(): Promise<void>;
}

/** One beside the main environment, asleep while `now` is null: no engine, no process. */
interface Beside {
  row: StoredEnvironment;
  now: Promise<ServedEnvironment> | null;
  served: ServedEnvironment | null;
  /** While it goes to sleep. */
  ending: Promise<void> | null;
  /** Of the last request, ms of the monotonic clock. */
  askedAt: number;
}

/** One that is due is looked for so often; the same for environments that another node has made. */
const lookMs = 1000;
/** Nothing runs, waits to start, follows or asks for so long: it goes to sleep until something is due or asked. */
const defaultSleepAfterMs = 10 * 60_000;
/** An engine's connections, when nothing uses them. */
const connectionIdleMs = 10_000;
/** What it takes to wake up for a timer. */
const wakeEarlyMs = 2000;

const dueSql = `
select id from unnest($1::text[]) as asleep (id)
 where exists (select from run_timer where env_id = id and due_at <= now() + $2 * interval '1 ms')
    or exists (select from run_queue where env_id = id) or exists (select from run_slot where env_id = id)
    or exists (select from alert_rule where env_id = id)`;

export function createEnvironments(options: Omit<Host, "desk" | "gatewayOf" | "forgetKeys"> & { sleepAfterMs?: number }): Environments {
  const { sleepAfterMs = defaultSleepAfterMs, ...shared } = options;
  const { db, config, log } = shared;
  const besides = new Map<string, Beside>();
  const owners = createKeyOwners(db.query);
  let main: ServedEnvironment | undefined;
  let looker: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let isEnding = false;

  /** Others take half the machine's processes at most, and give their connections back. */
  const others = Math.max(1, Math.floor(availableParallelism() / 2));
  const share = { processes: others, ownProcesses: Math.max(2, others), parkedProcesses: 4 };
  /** The database for one of them: connections of its own go when they are idle, and with it. */
  function ownConnections(): { db: Database; close(): Promise<void> } {
    const writers: Writer[] = [];
    const writer: Database["writer"] = (given) => {
      const made = db.writer({ ...given, idleMs: connectionIdleMs });
      writers.push(made);
      return made;
    };
    return { db: { ...db, writer }, close: async () => void (await Promise.all(writers.map((one) => one.close()))) };
  }

  const host: Host = {
    ...shared,
    gatewayOf,
    forgetKeys: owners.forget,
    desk: createDesk({ vault: shared.house.keys.vault, db, mainOf: theMain, list: refresh, serve: bySlug }),
  };

  function theMain(): ServedEnvironment {
    if (main === undefined) throw new Error("the main environment is not served yet");
    return main;
  }

  /** What is stored now; archived environments end, new ones can be asked. */
  async function refresh(): Promise<StoredEnvironment[]> {
    const { env } = theMain();
    const rows = await listEnvironments(db.query, { mainId: env.id, projectId: env.project.id });
    for (const row of rows) {
      const known = besides.get(row.id);
      if (row.id === env.id) continue;
      if (row.archived_at !== null) {
        besides.delete(row.id);
        if (known !== undefined) await end(known);
      } else if (known === undefined) besides.set(row.id, { row, now: null, served: null, ending: null, askedAt: performance.now() });
      else known.row = row;
    }
    owners.of([...besides.keys()]);
    return rows;
  }

  function serve(beside: Beside): ServedEnvironment | Promise<ServedEnvironment> {
    beside.askedAt = performance.now();
    if (beside.ending !== null) return beside.ending.then(() => serve(beside));
    return beside.served ?? (beside.now ??= wake(beside));
  }

  async function wake(beside: Beside): Promise<ServedEnvironment> {
    if (isEnding) throw new Unavailable("The server is stopping.");
    const own = ownConnections();
    let opened: ServedEnvironment | undefined;
    try {
      const env = toEnvironment(beside.row, { project: theMain().env.project, parent: besides.get(beside.row.parent_id ?? "")?.row });
      const made = await serveEnvironment({ ...host, db: own.db }, { env, isMain: false, share, notices: () => noticesOf() });
      opened = made;
      const served: ServedEnvironment = {
        ...made,
        async close() {
          await made.close();
          await own.close();
        },
      };
      // Branches have the parent's variables below their own.
      served.variables.onChange(() => {
        for (const { row, served: branch } of besides.values())
          if (row.parent_id === env.id)
            branch?.variables
              .readAgain()
              .catch((error: unknown) => log.warn("the variables of a branch cannot be read", { branch: row.branch, error }));
      });
      await served.startRunsWhenNeeded();
      beside.served = served;
      log.debug("environment is served", { environment: env.slug });
      return served;
    } catch (error) {
      beside.now = null;
      await opened?.quit();
      await opened?.close();
      await own.close();
      throw error;
    }
  }
  const noticesOf = (): ServerNotice[] => {
    const reason = shared.readOnlyReason();
    return reason === null ? [] : [{ level: "error", message: reason }];
  };

  /** What runs is handed back. */
  function end(beside: Beside): Promise<void> {
    beside.ending ??= sleep(beside).finally(() => {
      beside.ending = null;
    });
    return beside.ending;
  }
  async function sleep(beside: Beside): Promise<void> {
    const served = await beside.now?.catch(() => null);
    beside.now = null;
    beside.served = null;
    if (!served) return;
    await served.drain(0);
    await served.quit();
    await served.close();
  }

  async function bySlug(slug: string): Promise<ServedEnvironment> {
    if (slug === theMain().env.slug) return theMain();
    const find = () => [...besides.values()].find(({ row }) => row.slug === slug);
    if (find() === undefined) await refresh();
    const found = find();
    if (found === undefined)
      throw new EngineError(404, `There is no environment ${JSON.stringify(slug.slice(0, 64))} on this server, or it is archived.`);
    return serve(found);
  }

  async function byKey(token: string, { headers, url = "" }: Pick<IncomingMessage, "headers" | "url">): Promise<ServedEnvironment> {
    const owner = besides.get((await owners.find(token)) ?? "");
    // Who has no key of another one is told by the main one what is wrong.
    if (owner === undefined) return theMain();
    if (owner.row.type !== "PREVIEW" || owner.row.parent_id !== null) return serve(owner);
    const given = headers["x-trigger-branch"];
    if (typeof given === "string" && given.trim() !== "") {
      const rows = () => [...besides.values()].map(({ row }) => row);
      const branch = findBranch(rows(), owner.row, given) ?? findBranch(await refresh(), owner.row, given);
      const beside = branch && besides.get(branch.id);
      if (beside !== undefined) return serve(beside);
      throw new EngineError(
        404,
        `There is no branch ${JSON.stringify(given.slice(0, 64))} in the preview environment. ${branchesOf(rows(), owner.row)} Deploying to a branch makes it.`,
        { code: "branch_not_found", param: "x-trigger-branch" },
      );
    }
    // Its branches and what they have in common.
    if (url.startsWith("/api/v1/projects/")) return serve(owner);
    throw new EngineError(
      400,
      `This preview key needs a branch: send its name as x-trigger-branch (previewBranch, or TRIGGER_PREVIEW_BRANCH). ${branchesOf(
        [...besides.values()].map(({ row }) => row),
        owner.row,
      )}`,
      { code: "branch_missing", param: "x-trigger-branch" },
    );
  }

  /** Public tokens and those of runs name their environment; whether it has signed them it says itself. */
  function ofToken(token: string, request: Pick<IncomingMessage, "headers" | "url">): ServedEnvironment | Promise<ServedEnvironment> {
    const subject = subjectOf(token);
    if (subject === null) return hasKeysLike(token) ? byKey(token, request) : theMain();
    const named = besides.get(subject);
    return named === undefined ? theMain() : serve(named);
  }

  /** By what it begins with: the main environment's own requests are not looked at further, mostly. */
  function hasKeysLike(token: string): boolean {
    const prefix = /^tr_([a-z]+)_/.exec(token)?.[1];
    for (const { row } of besides.values()) if (keyPrefixes[row.type] === prefix) return true;
    return false;
  }

  async function gatewayOf(token: string): Promise<Gateway<Principal>> {
    if (besides.size === 0) return theMain().gateway;
    return (await ofToken(token, { headers: {} })).gateway;
  }

  /** Wakes what is due, lets sleep what is idle. */
  async function look(): Promise<void> {
    await refresh();
    const asleep = [...besides.values()].filter(({ now }) => now === null);
    if (config.roles.has("engine") && asleep.length > 0) {
      const due = await db.query<{ id: string }>(dueSql, [asleep.map(({ row }) => row.id), wakeEarlyMs]);
      for (const { id } of due) {
        const beside = besides.get(id);
        if (beside !== undefined && !isEnding) await serve(beside);
      }
    }
    for (const beside of besides.values()) if (isIdle(beside)) await end(beside);
  }

  function isIdle({ served, askedAt }: Beside): boolean {
    if (served === null || performance.now() - askedAt < sleepAfterMs) return false;
    const { engine, gateway, alerts } = served;
    return (
      !alerts.isWatching() &&
      engine.live.size === 0 &&
      engine.scheduler.running === 0 &&
      engine.scheduler.waiting === 0 &&
      gateway.stats().sockets === 0
    );
  }

  const served = () => [main ?? null, ...[...besides.values()].map((beside) => beside.served)].filter((one) => one !== null);
  const each = (work: (one: ServedEnvironment) => Promise<void>) => Promise.all(served().map(work));

  return {
    get main() {
      return theMain();
    },
    async openMain(env, notices) {
      main = await serveEnvironment(host, { env, isMain: true, notices, share: {} });
      return main;
    },
    async openOthers() {
      await refresh();
      looker = setInterval(() => {
        looking ??= look()
          .catch((error: unknown) => {
            if (!(error instanceof Unavailable)) log.error("the other environments cannot be looked after", { error });
          })
          .finally(() => {
            looking = undefined;
          });
      }, lookMs);
    },
    ofRequest(request) {
      const token = besides.size === 0 ? undefined : /^bearer +(\S+)$/i.exec(request.headers.authorization?.trim() ?? "")?.[1];
      return token === undefined ? theMain() : ofToken(token, request);
    },
    ofSlug: (slug) => {
      for (const beside of besides.values()) if (beside.row.slug === slug) return serve(beside);
      return bySlug(slug);
    },
    served,
    async drain(graceMs) {
      isEnding = true;
      clearInterval(looker);
      await looking;
      await Promise.all([...besides.values()].map(async ({ now }) => void (await now?.catch(() => null))));
      await each((one) => one.drain(graceMs));
    },
    async quit() {
      isEnding = true;
      clearInterval(looker);
      await each((one) => one.quit());
    },
    close: async () => void (await each((one) => one.close())),
  };
}
