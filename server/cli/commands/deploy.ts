import { appendFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { DeploymentCreated, DeploymentStatus, DeploymentUpload, type GitFacts } from "@/lib/contracts/deployments";
import { EnvironmentRow } from "@/lib/contracts/environment";
import { ApiError } from "@/lib/client/api-error";
import { sleep, type HttpClient } from "@/lib/client/http";
import { formatBytes } from "@/lib/view/format";
import type { Logger } from "@/server/log";
import { BuildFailure, describeBuildError } from "../../build/build-error";
import { packProject, type Packed } from "../../build/pack-project";
import { branchOf, checkEnvironment, connect, connectAbove, formatOf, isOfBranches, readPlace, type ServerOptions } from "../connection";
import { Failure, usage } from "../failure";
import { readGit } from "../git";
import { openProgress, print, printJson, say } from "../output";

export interface DeployOptions extends ServerOptions {
  env?: string;
  externalId?: string;
  force?: boolean;
  dryRun?: boolean;
  /** Commander's `--skip-promotion`. */
  skipPromotion?: boolean;
}

export interface Installation {
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
  const git = await readGit(projectDir);
  // What a key is good for is asked before anything is built.
  const target = options.dryRun === true ? null : await prepare(options, git);
  const progress = openProgress();
  progress.show("building…");
  const packed = await pack(projectDir, installation).finally(progress.end);
  try {
    if (target === null) return tellDry(packed, options);
    const { client, slug, branch } = target.branch === undefined ? target : await openBranch(target.branch, packed.project, options);
    const created = await client.request(DeploymentCreated, "/api/v1/deployments", {
      method: "POST",
      json: {
        project: packed.project,
        environment: slug,
        branch,
        sha256: packed.sha256,
        bytes: packed.bytes,
        externalId: options.externalId,
        force: options.force,
        git,
      },
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

/** `branch`: where a key that branches share deploys to, which the first deployment makes. */
interface Target {
  client: HttpClient;
  slug?: string;
  branch?: string | undefined;
}

async function prepare(options: DeployOptions, git: GitFacts | undefined): Promise<Target> {
  const isPreview = isOfBranches(options);
  const branch = isPreview ? (branchOf(options) ?? process.env["VERCEL_GIT_COMMIT_REF"] ?? git?.branch) : options.branch;
  if (isPreview && branch === undefined)
    throw usage("This key is of all preview branches, and there is no git branch here. Name one with --branch.");
  const client = connect({ ...options, branch });
  const place = await readPlace(client).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === "branch_not_found") return null;
    throw error;
  });
  if (place !== null) checkEnvironment(place, options.env);
  if (place !== null && !isPreview && branch !== undefined)
    throw usage(`--branch: the environment ${place.slug} has no branches. Use the key of a preview environment, or leave out --branch.`);
  return { client, ...(place !== null && { slug: place.slug }), branch };
}

/** As it is spelled in git, `refs/heads/…` too. */
async function openBranch(branch: string, project: string, options: DeployOptions): Promise<Target> {
  const opened = await connectAbove(options).request(EnvironmentRow, `/api/v1/projects/${encodeURIComponent(project)}/branches`, {
    method: "POST",
    json: { branch },
  });
  return { client: connect({ ...options, branch: opened.branch }), slug: opened.slug, branch: opened.branch };
}

export async function pack(projectDir: string, installation: Installation): Promise<Packed> {
  try {
    return await packProject({ projectDir, ...installation, env: process.env, log: terminalLog });
  } catch (error) {
    throw error instanceof BuildFailure ? new Failure(describeBuildError(error.error)) : error;
  }
}

const terminalLog: Logger = {
  debug: () => {},
  info: say,
  warn: (message) => say(`warning: ${message}`),
  error: say,
  child: () => terminalLog,
};

/** What cannot be sent to its end is given up, so that no half of it waits on the server. */
async function send(
  client: HttpClient,
  created: DeploymentCreated,
  packed: Packed,
  { promote, show }: { promote: boolean; show: (text: string) => void },
): Promise<void> {
  const path = `/api/v1/deployments/${created.id}`;
  try {
    await upload(client, created, packed, show);
    await client.request(z.object({ id: z.string() }), `${path}/finish`, { method: "POST", json: { promote } });
  } catch (error) {
    await client
      .request(z.object({ id: z.string() }), `${path}/cancel`, { method: "POST", json: {}, options: { retry: { maxAttempts: 1 } } })
      .catch(() => {});
    throw error;
  }
}

/** From where the server has it; what is cut off is gone on with. */
async function upload(
  client: HttpClient,
  { id, chunkBytes }: DeploymentCreated,
  packed: Packed,
  show: (text: string) => void,
): Promise<void> {
  const path = `/api/v1/deployments/${id}/upload`;
  const file = await open(packed.file);
  try {
    for (let failures = 0; ;) {
      try {
        const offset = Number((await client.send(path, { method: "HEAD" })).headers.get("upload-offset") ?? 0);
        if (offset >= packed.bytes) return;
        show(`sending ${formatBytes(offset)} of ${formatBytes(packed.bytes)}…`);
        const chunk = new Uint8Array(Math.min(chunkBytes, packed.bytes - offset));
        await file.read(chunk, 0, chunk.length, offset);
        await client.request(DeploymentUpload, path, {
          method: "PUT",
          body: chunk,
          headers: { "content-type": "application/octet-stream", "upload-offset": String(offset) },
          options: { retry: { maxAttempts: 1 } },
        });
        failures = 0;
      } catch (error) {
        const isPassing =
          error instanceof ApiError &&
          error.code !== "deployment_ended" &&
          (error.status === undefined || error.status === 409 || error.status >= 500);
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
  if (formatOf(options) === "json")
    printJson({
      id: deployed.id,
      version,
      status,
      isCurrent,
      tasks: (deployed.worker?.tasks ?? []).map(({ slug }) => slug),
      warnings,
      bytes: packed.bytes,
      sha256: packed.sha256,
      ...(error !== undefined && { error: error.message, log: deployed.log }),
    });
  if (status !== "DEPLOYED")
    throw new Failure(`The deployment of version ${version} ended as ${status}${error === undefined ? "" : `: ${error.message}`}`);
  for (const warning of warnings) say(`warning: ${warning}`);
  tellGitHub({ deploymentVersion: version, needsPromotion: String(!isCurrent) });
  if (formatOf(options) === "text")
    print(
      isCurrent
        ? `Version ${version} is deployed, and new runs start on it.`
        : `Version ${version} is deployed. Make it current with: signalbox promote ${version}`,
    );
}

async function tellUnchanged(client: HttpClient, { id, version, isCurrent }: DeploymentCreated, options: DeployOptions): Promise<void> {
  if (formatOf(options) === "json") printJson({ id, version, status: "DEPLOYED", isCurrent, unchanged: true });
  tellGitHub({ deploymentVersion: version, needsPromotion: String(!isCurrent) });
  if (formatOf(options) === "text")
    print(`Nothing to deploy: this code is version ${version}${isCurrent ? ", which is current" : ` on ${client.baseURL}`}.`);
}

export function tellDry({ project, bytes, files, unpackedBytes, sha256 }: Packed, options: { json?: boolean | undefined }): void {
  if (formatOf(options) === "json") return printJson({ project, bytes, files, unpackedBytes, sha256 });
  print(`${project} builds: ${files} files, ${formatBytes(unpackedBytes)}, packed ${formatBytes(bytes)}. Nothing was sent.`);
}

/** Outputs of a step of GitHub Actions, by the published command line's names. */
function tellGitHub(outputs: Record<string, string>): void {
  const file = process.env["GITHUB_OUTPUT"];
  if (file !== undefined && file !== "")
    appendFileSync(
      file,
      Object.entries(outputs)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
    );
}
