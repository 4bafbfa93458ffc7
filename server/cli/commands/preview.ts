import { resolve } from "node:path";
import { EnvironmentRow } from "@/lib/contracts/environment";
import { branchOf, connect, connectAbove, formatOf, readPlace, type ServerOptions } from "../connection";
import { usage } from "../failure";
import { readGit } from "../git";
import { print, printJson } from "../output";

export async function archive(folder: string, options: ServerOptions): Promise<void> {
  const branch = branchOf(options) ?? (await readGit(resolve(folder)))?.branch;
  if (branch === undefined) throw usage("There is no git branch here. Name the branch with --branch.");
  const { project } = await readPlace(connect({ ...options, branch }));
  const archived = await connectAbove(options).request(
    EnvironmentRow,
    `/api/v1/projects/${encodeURIComponent(project.ref)}/branches/archive`,
    { method: "POST", json: { branch } },
  );
  if (formatOf(options) === "json")
    return printJson({ branch: archived.branch, environment: archived.slug, archivedAt: archived.archivedAt });
  print(`The branch ${archived.branch} is archived: nothing runs in it any more. Deploying to it brings it back.`);
}
