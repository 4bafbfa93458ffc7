import { prompts } from "./absent/management";
import { mergeConfiguration, type ApiClientConfiguration } from "./api";
import { auth } from "./auth";
import { batch } from "./batch";
import { deployments } from "./deployments";
import { envvars } from "./envvars";
import { queues } from "./queues";
import { runs } from "./runs";
import { scheduleCalls } from "./schedules";
import { inScope, outsideRuns } from "./scope";
import { tasks } from "./tasks";

export type TriggerClientConfig = ApiClientConfiguration & {
  /** Default false: what is triggered from inside a run is no child of it. */
  inheritContext?: boolean | undefined;
};

// `never`: any function at all, as its own type is kept.
type AnyFunction = (...given: never[]) => unknown;

/** A client with an address and a key of its own, whatever `configure` and the environment say. */
export class TriggerClient {
  readonly tasks: Pick<typeof tasks, "trigger" | "batchTrigger">;
  readonly runs: typeof runs;
  readonly batch: Pick<typeof batch, "trigger" | "triggerByTask" | "retrieve">;
  readonly queues: typeof queues;
  readonly auth: Pick<typeof auth, "createPublicToken" | "createTriggerPublicToken" | "createBatchTriggerPublicToken">;
  readonly schedules: typeof scheduleCalls;
  readonly envvars: typeof envvars;
  readonly deployments: typeof deployments;
  readonly prompts: Omit<typeof prompts, "define"> = prompts;

  constructor({ inheritContext = false, ...config }: TriggerClientConfig = {}) {
    const inside = <T>(work: () => T): T => inScope({ auth: mergeConfiguration({}, config) }, work);
    const bind = <F extends AnyFunction>(call: F): F => {
      const bound = (...given: Parameters<F>): unknown =>
        inheritContext ? inside(() => call(...given)) : outsideRuns(() => inside(() => call(...given)));
      return bound as F; // the same parameters and result
    };
    const { trigger, batchTrigger } = tasks;
    this.tasks = { trigger: bind(trigger), batchTrigger: bind(batchTrigger) };
    this.runs = bindAll(runs, bind);
    this.batch = { trigger: bind(batch.trigger), triggerByTask: bind(batch.triggerByTask), retrieve: bind(batch.retrieve) };
    this.queues = bindAll(queues, bind);
    this.envvars = bindAll(envvars, bind);
    this.deployments = bindAll(deployments, bind);
    this.schedules = bindAll(scheduleCalls, bind);
    this.auth = {
      createPublicToken: bind(auth.createPublicToken),
      createTriggerPublicToken: bind(auth.createTriggerPublicToken),
      createBatchTriggerPublicToken: bind(auth.createBatchTriggerPublicToken),
    };
  }
}

/** Namespaces within (`runs.bulk`) are left as they are. */
function bindAll<T extends object>(namespace: T, bind: <F extends AnyFunction>(call: F) => F): T {
  const isFunction = (value: unknown): value is AnyFunction => typeof value === "function";
  // Object.entries forgets the keys.
  return Object.fromEntries(
    Object.entries(namespace).map(([name, member]: [string, unknown]) => [name, isFunction(member) ? bind(member) : member]),
  ) as T;
}
