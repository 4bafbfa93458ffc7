import { Hono } from "hono";
import { limits } from "@/lib/contracts/limits";
import { RunFilter } from "@/lib/contracts/realtime";
import { SavedViewBody, SavedViewPatch, type SavedView } from "@/lib/contracts/views";
import { newId } from "@/lib/ids/ids";
import { listQuery } from "@/lib/runs/run-columns";
import { toRunFilter, viewFromParams } from "@/lib/runs/run-filter";
import { countRuns } from "../../engine/reads/activity";
import { EngineError } from "../../engine/error";
import { roleCovers } from "../authorize";
import { check, readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import type { SessionUser } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";

/** Beside a name in the sidebar more digits say no more. */
const counted = 1_000;

/** Filters of the Runs page that people keep. Whoever may see runs may keep their own; what all see is for operators. */
export function viewRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, prisma } = context;
  const environmentId = engine.env.id;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });

  app.get("/api/dashboard/views", viewer, async (c) => c.json({ views: await seenBy(personOf(c)) }));

  app.get("/api/dashboard/views/counts", viewer, async (c) => {
    const views = await seenBy(personOf(c));
    const counts = await Promise.all(
      views.map(
        async ({ id, query }) => [id, await countRuns(engine.db, environmentId, { filter: filterOf(query), most: counted })] as const,
      ),
    );
    return c.json({ counts: Object.fromEntries(counts) });
  });

  app.post("/api/dashboard/views", viewer, async (c) => {
    const person = personOf(c);
    const { name, query, shared } = await readJson(c, SavedViewBody);
    mayShare(person, shared);
    if ((await prisma.savedView.count({ where: { environmentId, ownerId: person.id } })) >= limits.views) {
      throw new EngineError(422, `You have ${limits.views} saved views, which is the most. Delete one first.`);
    }
    const row = await prisma.savedView.create({
      data: { id: newId("view"), environmentId, ownerId: person.id, name, query: plainQuery(query), shared },
    });
    return c.json({ view: toView({ ...row, owner: person }, person) }, 201);
  });

  app.patch("/api/dashboard/views/:viewId", viewer, async (c) => {
    const person = personOf(c);
    const { id } = await changeable(person, c.req.param("viewId"));
    const { query, ...change } = await readJson(c, SavedViewPatch);
    mayShare(person, change.shared ?? false);
    const data = Object.fromEntries(
      Object.entries({ ...change, ...(query !== undefined && { query: plainQuery(query) }) }).filter(([, value]) => value !== undefined),
    );
    const row = await prisma.savedView.update({ where: { id }, data, include: { owner: true } });
    return c.json({ view: toView(row, person) });
  });

  app.delete("/api/dashboard/views/:viewId", viewer, async (c) => {
    const { id } = await changeable(personOf(c), c.req.param("viewId"));
    await prisma.savedView.delete({ where: { id } });
    return c.json({ id });
  });

  async function seenBy(person: SessionUser): Promise<SavedView[]> {
    const rows = await prisma.savedView.findMany({
      where: { environmentId, OR: [{ shared: true }, { ownerId: person.id }] },
      include: { owner: true },
      orderBy: [{ name: "asc" }, { id: "asc" }],
    });
    return rows.map((row) => toView(row, person));
  }

  /** One's own, and for admins also what others have shared. */
  async function changeable(person: SessionUser, id: string): Promise<{ id: string }> {
    const row = await prisma.savedView.findFirst({ where: { id, environmentId } });
    if (row === null || !(row.ownerId === person.id || row.shared)) throw notFound(`View ${id.slice(0, 64)}`);
    if (row.ownerId !== person.id && person.role !== "admin")
      throw new EngineError(403, "Others have saved this view. They, or an admin, may change it.", { code: "unauthorized" });
    return row;
  }

  const filterOf = (query: string): RunFilter =>
    check(RunFilter, toRunFilter(viewFromParams(new URLSearchParams(query)), engine.clock.now()));

  return app;
}

function personOf(c: ApiRequest): SessionUser {
  const principal = principalOf(c);
  if (principal.kind !== "session") throw notFound("Session");
  return principal.user;
}

function mayShare(person: SessionUser, shared: boolean): void {
  if (shared && !roleCovers(person.role, "operator"))
    throw new EngineError(403, `Your role (${person.role}) may save views for yourself only; sharing needs operator.`, {
      code: "unauthorized",
    });
}

/** The filter and how its runs are shown, each value in its place. */
function plainQuery(query: string): string {
  const plain = listQuery(new URLSearchParams(query));
  if (plain === "")
    throw new EngineError(
      400,
      "query must be a filter of the Runs page, such as status=FAILED&last=1h, or say how it is shown, such as group=task.",
      { param: "query" },
    );
  return plain;
}

const toView = (
  row: { id: string; name: string; query: string; shared: boolean; ownerId: string; owner: { email: string } },
  person: SessionUser,
): SavedView => ({
  id: row.id,
  name: row.name,
  query: row.query,
  shared: row.shared,
  by: row.owner.email,
  mine: row.ownerId === person.id || person.role === "admin",
});
