import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes } from "@/lib/view/format";
import type { DeployReceiver } from "./api/context";
import { describeBuildError } from "./build/build-error";
import type { BuildOptions } from "./build/build-project";
import { installBuild } from "./build/install-build";
import { sha256Of } from "./build/pack-project";
import { openBundleUploads } from "./db/bundle-uploads";
import type { Engine } from "./engine/engine";
import type { Variables } from "./engine/variables/variables";
import { announce, beginDeploying, failDeployment, settleArriving, wasDeployed, type Arriving } from "./engine/versions/arriving";
import type { ArrivedDeployment } from "./engine/versions/deployments";
import { followCurrent } from "./engine/versions/follow-current";
import type { Logger } from "./log";

interface Parts {
  engine: Engine;
  variables: Variables;
  buildOptions: BuildOptions;
  log: Logger;
}

interface Receiver extends DeployReceiver {
  /** A packed build that lies on this machine becomes the current version. What has been a version already stays what it is, so that going back outlives a restart. */
  adopt(file: string): Promise<void>;
  close(): void;
}

const sweepEveryMs = 3_600_000;

/** Makes versions of builds that came over HTTP, one at a time. What was being made when the server ended has failed. */
export async function openDeployReceiver({ engine, variables, buildOptions, log }: Parts): Promise<Receiver> {
  const uploads = openBundleUploads(join(buildOptions.dataDir, "deployments", engine.env.id));
  const { projectDir, dataDir, mode, workerEntry, sdkEntry } = buildOptions;

  async function sweep(moment: "start" | "later"): Promise<void> {
    // Listed first: one that is announced meanwhile is not among them.
    const files = await uploads.list();
    const needed = await settleArriving(engine, moment);
    for (const id of files) if (!needed.has(id)) await uploads.remove(id);
  }

  async function deploy({ id, version, sha256, bytes }: Arriving, goes: ArrivedDeployment["goes"]): Promise<void> {
    const lines: string[] = [`received ${formatBytes(bytes)}`];
    try {
      const installed = await installBuild({
        file: uploads.path(id),
        sha256,
        projectRef: engine.env.project.ref,
        projectDir,
        dataDir,
        mode,
        workerEntry,
        sdkEntry,
        stored: variables.values(),
        log: collecting(lines),
      });
      if (!installed.ok) {
        const why = describeBuildError(installed.error);
        log.warn("a deployment failed", { version, error: why });
        return await failDeployment(engine, id, { error: why, log: [...lines, why] });
      }
      const { contentHash, bundle, manifest, lacks } = installed;
      lines.push(`loaded: ${manifest.tasks.length} tasks, ${manifest.queues.length} queues`, ...(manifest.warnings ?? []), ...lacks);
      const deployment = await engine.deployments.arrive({ id, contentHash, bundle, manifest, lacks, log: lines, goes });
      if (deployment === null) return;
      await followCurrent(engine);
      log.info("deployed", { version, tasks: manifest.tasks.length, live: goes === "live" });
    } catch (error) {
      log.error("a deployment failed", { version, error });
      await failDeployment(engine, id, { error: "The server could not make the version; its own log says why", log: lines });
    } finally {
      await uploads.remove(id);
    }
  }

  await sweep("start");
  const sweeper = setInterval(
    () => void sweep("later").catch((error: unknown) => log.warn("could not look after uploads", { error })),
    sweepEveryMs,
  );
  sweeper.unref();
  let turn: Promise<unknown> = Promise.resolve();
  function deployInTurn(arriving: Arriving, goes: ArrivedDeployment["goes"]): void {
    const done = turn.then(() => deploy(arriving, goes));
    turn = done.catch((error: unknown) => log.error("a deployment could not be recorded", { error }));
  }

  return {
    uploads,
    deploy: deployInTurn,
    async adopt(file) {
      const [{ size: bytes }, sha256] = await Promise.all([stat(file), sha256Of(file)]);
      if (await wasDeployed(engine, sha256)) return;
      const outcome = await announce(engine, { sha256, bytes, by: "image", other: "refuse" });
      if (!("made" in outcome)) return;
      await uploads.append(outcome.made.id, createReadStream(file));
      if (await beginDeploying(engine, outcome.made.id)) deployInTurn(outcome.made, "live");
    },
    close: () => clearInterval(sweeper),
  };
}

function collecting(lines: string[]): Logger {
  const say = (message: string) => void lines.push(message);
  const log: Logger = { debug: () => {}, info: say, warn: say, error: say, child: () => log };
  return log;
}
