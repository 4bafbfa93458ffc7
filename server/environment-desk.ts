import type { EnvironmentRow } from "@/lib/contracts/environment";
import type { EnvironmentDesk } from "./api/environment-desk";
import type { Database } from "./db/database";
import type { Vault } from "./db/keys";
import { readBranch } from "./engine/environments/branch-name";
import {
  archiveEnvironment,
  createEnvironment,
  findBranch,
  openBranch,
  renameEnvironment,
  restoreEnvironment,
  toEnvironmentRow,
  type StoredEnvironment,
} from "./engine/environments/environment-rows";
import { EngineError } from "./engine/error";
import { deployBuild } from "./engine/versions/deploy-build";
import type { ServedEnvironment } from "./served-environment";

interface DeskOptions {
  db: Database;
  vault: Vault;
  mainOf(): Pick<ServedEnvironment, "env">;
  /** What is stored now; what it changes is served or ended. */
  list(): Promise<StoredEnvironment[]>;
  serve(slug: string): Promise<Pick<ServedEnvironment, "engine" | "variables">>;
}

export function createDesk({ db, vault, mainOf, list, serve }: DeskOptions): EnvironmentDesk {
  const notFound = (slug: string) => new EngineError(404, `Environment ${JSON.stringify(slug.slice(0, 64))} not found.`);

  async function find(slug: string): Promise<StoredEnvironment> {
    const row = (await list()).find((one) => one.slug === slug);
    if (row === undefined) throw notFound(slug);
    return row;
  }

  const show = (rows: readonly StoredEnvironment[], row: StoredEnvironment): EnvironmentRow =>
    toEnvironmentRow(row, { rows, mainId: mainOf().env.id });

  async function shown(id: string): Promise<EnvironmentRow> {
    const rows = await list();
    const row = rows.find((one) => one.id === id);
    if (row === undefined) throw new Error(`environment ${id} is gone`);
    return show(rows, row);
  }

  async function preview(): Promise<StoredEnvironment> {
    const found = (await list()).find(
      ({ type, parent_id, archived_at }) => type === "PREVIEW" && parent_id === null && archived_at === null,
    );
    if (found === undefined) throw new EngineError(404, "There is no preview environment. Make one of the type PREVIEW first.");
    return found;
  }

  return {
    isMain: (environmentId) => environmentId === mainOf().env.id,
    async list() {
      const rows = await list();
      return rows.map((row) => show(rows, row));
    },
    async create(body, by) {
      const { row, secretKey } = await createEnvironment(db, body, { vault, projectId: mainOf().env.project.id, by });
      return { environment: await shown(row.id), ...(secretKey !== undefined && { secretKey }) };
    },
    async rename(slug, name) {
      const { id } = await find(slug);
      await renameEnvironment(db.query, id, name);
      return shown(id);
    },
    async archive(slug) {
      const { id } = await find(slug);
      if (id === mainOf().env.id) throw new EngineError(409, "This server's main environment cannot be archived.");
      await archiveEnvironment(db.query, id);
      return shown(id);
    },
    async restore(slug) {
      const { id } = await find(slug);
      await restoreEnvironment(db.query, id);
      return shown(id);
    },
    async openBranch(branch, by) {
      const { row } = await openBranch(db, branch, { parent: await preview(), by });
      return shown(row.id);
    },
    async archiveBranch(branch) {
      const found = findBranch(await list(), await preview(), branch);
      if (found === undefined) throw new EngineError(404, `Branch ${JSON.stringify(readBranch(branch))} not found.`);
      await archiveEnvironment(db.query, found.id);
      return shown(found.id);
    },
    variablesOf: async (slug) => (await serve(slug)).variables,
    async deploy(slug, { contentHash, bundle, manifest, version }, by) {
      const { type, parent_id } = await find(slug);
      if (type === "PREVIEW" && parent_id === null)
        throw new EngineError(409, "The preview environment runs nothing itself. Deploy to one of its branches.");
      const { engine } = await serve(slug);
      if (!engine.hasBuild(bundle))
        throw new EngineError(409, `The build of version ${version} was removed to free the disk. Deploy its code again.`, {
          code: "build_removed",
        });
      return deployBuild(engine, { contentHash, bundle, manifest }, by);
    },
  };
}
