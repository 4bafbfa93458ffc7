import { Hono } from "hono";
import { InviteBody, RoleBody, type LinkMade, type PeoplePage } from "@/lib/contracts/people";
import { EngineError } from "../../engine/error";
import { invite, listInvitations, offerReset, withdrawInvitation } from "../../people/links";
import { findPerson, listPeople, removePerson, setRole, type Person, type PersonChange } from "../../people/people";
import { endOtherSessions, endSession, listSessions } from "../../people/sessions";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, sessionOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { notFound } from "../problem";
import { requires } from "../requires";

/** The Team and Account pages. */
export function peopleRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, config, credentials } = context;
  const { db } = engine;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });
  const admin = requires(context, { allow: "session", role: "admin" });

  app.get("/api/dashboard/people", viewer, async (c) => {
    const isAdmin = sessionOf(c).user.role === "admin";
    const page: PeoplePage = { people: await listPeople(db), invitations: isAdmin ? await listInvitations(db) : [] };
    return c.json(page);
  });

  app.post("/api/dashboard/people/invite", admin, async (c) => {
    const session = sessionOf(c);
    const { email, role } = await readJson(c, InviteBody);
    const link = await invite(db, { email, role, by: { id: session.user.id, name: session.user.email } });
    if (link === null) throw new EngineError(409, "Somebody with this address is here already.", { code: "address_taken", param: "email" });
    await audit(context, { actor: session, action: "person.invite", target: email, detail: role });
    const made: LinkMade = { link: `${config.origin()}/join#code=${link.code}`, email, expiresAt: link.expiresAt };
    return c.json(made);
  });

  app.post("/api/dashboard/people/invitations/:linkId/withdraw", admin, async (c) => {
    const email = await withdrawInvitation(db, c.req.param("linkId"));
    if (email === null) throw notFound("Invitation");
    await audit(context, { actor: principalOf(c), action: "person.withdraw", target: email });
    return c.json({ withdrawn: email });
  });

  app.post("/api/dashboard/people/:personId/reset", admin, async (c) => {
    const session = sessionOf(c);
    const person = await personOf(c);
    const link = await offerReset(db, { email: person.email, by: { id: session.user.id, name: session.user.email } });
    if (link === null) throw notFound("Person");
    await audit(context, { actor: session, action: "password.offer-reset", target: person.email });
    const made: LinkMade = { link: `${config.origin()}/reset#code=${link.code}`, email: person.email, expiresAt: link.expiresAt };
    return c.json(made);
  });

  app.post("/api/dashboard/people/:personId/role", admin, async (c) => {
    const { role } = await readJson(c, RoleBody);
    const person = await otherPerson(c);
    settled(await setRole(db, person.id, role));
    await audit(context, { actor: principalOf(c), action: "person.role", target: person.email, detail: `${person.role} → ${role}` });
    credentials.forget();
    return c.json({ role });
  });

  app.post("/api/dashboard/people/:personId/remove", admin, async (c) => {
    const person = await otherPerson(c);
    settled(await removePerson(db, person.id));
    await audit(context, { actor: principalOf(c), action: "person.remove", target: person.email });
    credentials.forget();
    return c.json({ removed: person.email });
  });

  app.get("/api/dashboard/sessions", viewer, async (c) => {
    const { user, sessionId } = sessionOf(c);
    return c.json({ sessions: await listSessions(db, user.id, sessionId) });
  });

  app.post("/api/dashboard/sessions/end-others", viewer, async (c) => {
    const session = sessionOf(c);
    const ended = await endOtherSessions(db, session.user.id, session.sessionId);
    await audit(context, { actor: session, action: "session.end", target: session.user.email, detail: `${ended} others` });
    credentials.forget();
    return c.json({ ended });
  });

  app.post("/api/dashboard/sessions/:sessionId/end", viewer, async (c) => {
    const session = sessionOf(c);
    if (!(await endSession(db, session.user.id, c.req.param("sessionId")))) throw notFound("Session");
    await audit(context, { actor: session, action: "session.end", target: session.user.email, detail: c.req.param("sessionId") });
    credentials.forget();
    return c.json({ ended: 1 });
  });

  async function personOf(c: ApiRequest): Promise<Person> {
    const person = await findPerson(db, { id: c.req.param("personId") ?? "" });
    if (person === null) throw notFound("Person");
    return person;
  }

  async function otherPerson(c: ApiRequest): Promise<Person> {
    const person = await personOf(c);
    if (person.id === sessionOf(c).user.id)
      throw new EngineError(409, "You cannot change your own role or remove yourself. Another admin can.", { code: "own_account" });
    return person;
  }

  return app;
}

function settled(change: PersonChange): void {
  switch (change.outcome) {
    case "done":
      return;
    case "unknown":
      throw notFound("Person");
    case "last admin":
      throw new EngineError(409, "This is the last admin. Make somebody else an admin first.", { code: "last_admin" });
  }
}
