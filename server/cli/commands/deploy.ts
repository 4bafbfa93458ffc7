import { execFile } from "node:child_process";
import { appendFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { DeploymentCreated, DeploymentStatus, DeploymentUpload, type GitFacts } from "@/lib/contracts/deployments";
import { ApiError } from "@/lib/client/api-error";
import { sleep, type HttpClient } from "@/lib/client/http";
import { formatBytes } from "@/lib/view/format";
import type { Logger } from "@/server/log";
import { BuildFailure, describeBuildError } from "../../build/build-error";
import { packProject, type Packed } from "../../build/pack-project";
import { checkEnvironment, connect, formatOf, readPlace, type Place, type ServerOptions } from "../connection";
import { Failure } from "../failure";
import { openProgress, print, printJson, say } from "../output";

export interface DeployOptions extends ServerOptions {
  env?: string;
  branch?: string;
  externalId?: string;
  force?: boolean;
  dryRun?: boolean;
  /** Commander's `--skip-promotion`. */
  skipPromotion?: boolean;
}

interface Installation {
  builderEntry: string;
  sdkEntry: string;
}

const Deployed = z.looseObject({
  id: z.string(),
  version: z.string(),
  status: DeploymentStatus,
  isCurrent: z.boolean(),
  error: z.object({ message: z.string() }).optional(),
  warnings: z.array(z.string()).default([]),
  log: z.array(z.string()).default([]),
  worker: z.object({ tasks: z.array(z.looseObject({ slug: z.string() })) }).optional(),
});
type Deployed = z.infer<typeof Deployed>;

/** Builds the project where it is, sends it, and has the server try it. What fails on the way leaves no version. */
export async function deploy(folder: string, options: DeployOptions, installation: Installation): Promise<void> {
  const projectDir = resolve(folder);
  // What a key is good for is asked before anything is built.
  const server = options.dryRun === true ? null : await prepare(options);
  const progress = openProgress();
  progress.show("building…");
  const packed = await pack(projectDir, installation).finally(progress.end);
  try {
    if (server === null) return tellDry(packed, options);
    const { client } = server;
    const git = await readGit(projectDir);
    const created = await client.request(DeploymentCreated, "/api/v1/deployments", {
      method: "POST",
      json: { project: packed.project, environment: server.place.slug, branch: options.branch, sha256: packed.sha256, bytes: packed.bytes, externalId: options.externalId, force: options.force, git },
    });
    if (created.unchanged) return await tellUnchanged(client, created, options);
    await send(client, created, packed, { promote: options.skipPromotion !== true, show: progress.show }).finally(progress.end);
    progress.show(`deploying ${created.version}…`);
    const deployed = await untilEnded(client, created.id).finally(progress.end);
    tell(deployed, options, packed);
  } finally {
    await packed.remove();
  }
}

async function prepare(options: DeployOptions): Promise<{ client: HttpClient; place: Place }> {
  const client = connect(options);
  const place = await readPlace(client);
  checkEnvironment(place, options.env);
  return { client, place };
}

async function pack(projectDir: string, installation: Installation): Promise<Packed> {
  try {
    return await packProject({ projectDir, ...installation, env: process.env, log: terminalLog });
  } catch (error) {
    throw error instanceof BuildFailure ? new Failure(describeBuildError(error.error)) : error;
  }
}

const terminalLog: Logger = { debug: () => {}, info: say, warn: (message) => say(`warning: ${message}`), error: say, child: () => terminalLog };

/** What cannot be sent to its end is given up, so that no half of it waits on the server. */
async function send(client: HttpClient, created: DeploymentCreated, packed: Packed, { promote, show }: { promote: boolean; show: (text: string) => void }): Promise<void> {
  const path = `/api/v1/deployments/${created.id}`;
  try {
    await upload(client, created, packed, show);
    await client.request(z.object({ id: z.string() }), `${path}/finish`, { method: "POST", json: { promote } });
  } catch (error) {
    await client.request(z.object({ id: z.string() }), `${path}/cancel`, { method: "POST", json: {}, options: { retry: { maxAttempts: 1 } } }).catch(() => {});
    throw error;
  }
}

/** From where the server has it; what is cut off is gone on with. */
async function upload(client: HttpClient, { id, chunkBytes }: DeploymentCreated, packed: Packed, show: (text: string) => void): Promise<void> {
  const path = `/api/v1/deployments/${id}/upload`;
  const file = await open(packed.file);
  try {
    for (let failures = 0; ; ) {
      try {
        const offset = Number((await client.send(path, { method: "HEAD" })).headers.get("upload-offset") ?? 0);
        if (offset >= packed.bytes) return;
        show(`sending ${formatBytes(offset)} of ${formatBytes(packed.bytes)}…`);
        const chunk = new Uint8Array(Math.min(chunkBytes, packed.bytes - offset));
        await file.read(chunk, 0, chunk.length, offset);
        await client.request(DeploymentUpload, path, { method: "PUT", body: chunk, headers: { "content-type": "application/octet-stream", "upload-offset": String(offset) }, options: { retry: { maxAttempts: 1 } } });
        failures = 0;
      } catch (error) {
        const isPassing = error instanceof ApiError && error.code !== "deployment_ended" && (error.status === undefined || error.status === 409 || error.status >= 500);
        if (!isPassing || ++failures > 5) throw error;
        await sleep(Math.min(250 * 2 ** failures, 5000));
      }
    }
  } finally {
    await file.close();
  }
}

async function untilEnded(client: HttpClient, id: string): Promise<Deployed> {
  for (;;) {
    const deployed = await client.request(Deployed, `/api/v1/deployments/${id}`);
    if (deployed.status !== "PENDING" && deployed.status !== "DEPLOYING") return deployed;
    await sleep(300);
  }
}

function tell(deployed: Deployed, options: DeployOptions, packed: Packed): void {
  const { version, status, isCurrent, warnings, error } = deployed;
  if (formatOf(options) === "json") printJson({ id: deployed.id, version, status, isCurrent, tasks: (deployed.worker?.tasks ?? []).map(({ slug }) => slug), warnings, bytes: packed.bytes, sha256: packed.sha256, ...(error !== undefined && { error: error.message, log: deployed.log }) });
  if (status !== "DEPLOYED") throw new Failure(`The deployment of version ${version} ended as ${status}${error === undefined ? "" : `: ${error.message}`}`);
  for (const warning of warnings) say(`warning: ${warning}`);
  tellGitHub({ deploymentVersion: version, needsPromotion: String(!isCurrent) });
  if (formatOf(options) === "text") print(isCurrent ? `Version ${version} is deployed, and new runs start on it.` : `Version ${version} is deployed. Make it current with: signalbox promote ${version}`);
}

async function tellUnchanged(client: HttpClient, { id, version, isCurrent }: DeploymentCreated, options: DeployOptions): Promise<void> {
  if (formatOf(options) === "json") printJson({ id, version, status: "DEPLOYED", isCurrent, unchanged: true });
  tellGitHub({ deploymentVersion: version, needsPromotion: String(!isCurrent) });
  if (formatOf(options) === "text") print(`Nothing to deploy: this code is version ${version}${isCurrent ? ", which is current" : ` on ${client.baseURL}`}.`);
}

function tellDry({ project, bytes, files, unpackedBytes, sha256 }: Packed, options: DeployOptions): void {
  if (formatOf(options) === "json") return printJson({ project, bytes, files, unpackedBytes, sha256 });
  print(`${project} builds: ${files} files, ${formatBytes(unpackedBytes)}, packed ${formatBytes(bytes)}. Nothing was sent.`);
}

/** Outputs of a step of GitHub Actions, by the published command line's names. */
function tellGitHub(outputs: Record<string, string>): void {
  const file = process.env["GITHUB_OUTPUT"];
  if (file !== undefined && file !== "") appendFileSync(file, Object.entries(outputs).map(([name, value]) => `${name}=${value}\n`).join(""));
}

const run = promisify(execFile);

/** Undefined without git or a repository. */
async function readGit(folder: string): Promise<GitFacts | undefined> {
  const ask = async (...args: string[]) => (await run("git", args, { cwd: folder, timeout: 10_000, maxBuffer: 10_000_000 })).stdout.trim();
  try {
    const [commit, branch, message, changes] = await Promise.all([ask("rev-parse", "HEAD"), ask("rev-parse", "--abbrev-ref", "HEAD"), ask("log", "-1", "--format=%s"), ask("status", "--porcelain", "--", ".")]);
    // A CI job checks out a commit without its branch.
    const named = branch === "HEAD" ? (process.env["GITHUB_HEAD_REF"] || process.env["GITHUB_REF_NAME"] || process.env["CI_COMMIT_REF_NAME"]) : branch;
    return { commit, message: message.slice(0, 500), dirty: changes !== "", ...(named !== undefined && named !== "" && { branch: named.slice(0, 256) }) };
  } catch {
    return undefined;
  }
}
