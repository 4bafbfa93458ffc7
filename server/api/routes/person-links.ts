import { Hono } from "hono";
import { JoinBody, LinkBody, ResetBody, type LinkMeaning } from "@/lib/contracts/people";
import { EngineError } from "../../engine/error";
import { join, readLink, resetPassword } from "../../people/links";
import { audit } from "../audit";
import { readJson } from "../body";
import type { ApiContext, ApiEnv } from "../context";
import { requires } from "../requires";
import { answerSignedIn, guardVisitor, refuseWeak } from "../visitor";

/** For who holds a one-time link. Its code comes in a body, never in an address, and is too long to be guessed. */
export function personLinkRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, signIn, settingPasswords } = context;
  const app = new Hono<ApiEnv>();
  const anyone = requires(context, { allow: "anyone" });

  app.post("/api/person-link", anyone, async (c) => {
    guardVisitor(context, c);
    const meaning = await readLink(engine.db, (await readJson(c, LinkBody)).code);
    if (meaning === null) throw usedUp();
    return c.json(meaning);
  });

  app.post("/api/join", anyone, async (c) => {
    guardVisitor(context, c);
    const { code, name, password } = await readJson(c, JoinBody);
    const { person, link } = await settingPasswords(async () => {
      const found = await linkOf("join", code);
      await refuseWeak(password, { field: "password", about: [name, found.email, found.createdBy] });
      return { link: found, person: await join(engine.db, { code, name, passwordHash: await signIn.hash(password) }) };
    });
    if (person === null) throw usedUp();
    await audit(context, {
      actor: { name: person.email },
      action: "person.join",
      target: person.email,
      detail: `${link.role ?? ""}, invited by ${link.createdBy}`,
    });
    return answerSignedIn(context, c, { name, email: person.email, password });
  });

  app.post("/api/reset-password", anyone, async (c) => {
    guardVisitor(context, c);
    const { code, password } = await readJson(c, ResetBody);
    const { person, link } = await settingPasswords(async () => {
      const found = await linkOf("reset", code);
      await refuseWeak(password, { field: "password", about: [found.email, found.createdBy] });
      return { link: found, person: await resetPassword(engine.db, { code, passwordHash: await signIn.hash(password) }) };
    });
    if (person === null) throw usedUp();
    await audit(context, {
      actor: { name: person.email },
      action: "password.reset",
      target: person.email,
      detail: `by a link of ${link.createdBy}`,
    });
    return answerSignedIn(context, c, { name: person.email, email: person.email, password });
  });

  async function linkOf(kind: LinkMeaning["kind"], code: string): Promise<LinkMeaning> {
    const link = await readLink(engine.db, code);
    if (link?.kind !== kind) throw usedUp();
    return link;
  }

  return app;
}

const usedUp = () =>
  new EngineError(403, "This link was used already, was withdrawn, or has expired. Ask an admin for a new one.", {
    code: "link_used_up",
    param: "code",
  });
